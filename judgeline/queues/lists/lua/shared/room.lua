-- The bounds of a queue. Gives false, or the bound that one more job would pass and how many jobs wait below it.
-- A queue that an operator closed has the member ":closed" in `paused`, a name no priority can have. It takes no new
-- jobs, but those that were `admitted` before: what somebody was told is accepted is worked off, too. And those may
-- fill it to twice its bounds. Else, on a full queue, each place that comes free goes to somebody new, and what was
-- accepted while Redis was away waits outside for as long as the rush lasts.
local function lacking_room(priority, user, bytes, admitted)
  local depth = redis.call('HMGET', P .. 'depth', 'parked:' .. priority, 'delayed:' .. priority, 'bytes:' .. priority)
  local waiting = redis.call('LLEN', P .. priority) + (depth[1] or 0) + (depth[2] or 0)
  if not admitted and redis.call('SISMEMBER', P .. 'paused', ':closed') == 1 then return 'closed', waiting end
  local times = admitted and 2 or 1
  if waiting >= times * settings.max_queued then return 'max_queued', waiting end
  if (depth[3] or 0) + bytes > times * settings.max_queued_bytes then return 'max_queued_bytes', waiting end
  if user ~= '' then
    local place = priority .. ':' .. user
    local mine = redis.call('LLEN', P .. 'behind:' .. place) + (redis.call('HGET', P .. 'turns', place) or 0)
      + (redis.call('HGET', P .. 'depth', 'delayed:' .. place) or 0)
    if mine >= times * settings.max_queued_per_user then return 'max_queued_per_user', mine end
  end
  -- Results that no store takes are kept, so somebody has to stop making more of them.
  if settings.store then
    local unrecorded = redis.call('ZCARD', P .. 'unrecorded')
    if unrecorded >= times * settings.max_queued * #settings.priorities then return 'unrecorded', unrecorded end
  end
  return false
end
