-- The bounds of a queue. Gives false, or the bound that one more job would pass and how many jobs wait below it.
local function lacking_room(priority, user, bytes)
  local depth = redis.call('HMGET', P .. 'depth', 'parked:' .. priority, 'delayed:' .. priority, 'bytes:' .. priority)
  local waiting = redis.call('LLEN', P .. priority) + (depth[1] or 0) + (depth[2] or 0)
  if waiting >= settings.max_queued then return 'max_queued', waiting end
  if (depth[3] or 0) + bytes > settings.max_queued_bytes then return 'max_queued_bytes', waiting end
  if user ~= '' then
    local place = priority .. ':' .. user
    local mine = redis.call('LLEN', P .. 'behind:' .. place) + (redis.call('HGET', P .. 'turns', place) or 0)
    if mine >= settings.max_queued_per_user then return 'max_queued_per_user', mine end
  end
  -- Results that no store takes are kept, so somebody has to stop making more of them.
  if settings.store then
    local unrecorded = redis.call('ZCARD', P .. 'unrecorded')
    if unrecorded >= settings.max_queued * #settings.priorities then return 'unrecorded', unrecorded end
  end
  return false
end
