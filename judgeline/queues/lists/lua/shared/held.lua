-- Lines that are held back (caps.lua), and how they go on.
-- Take a head that a worker's backup list just got back to its line.
local function hold_back(backup, priority, user)
  local place = place_of(priority, user)
  redis.call('LMOVE', backup, P .. 'behind:' .. place, 'LEFT', 'RIGHT')
  add('parked:' .. priority, 1)
  if tonumber(redis.call('HGET', P .. 'turns', place) or '0') > 1 then
    redis.call('HINCRBY', P .. 'turns', place, -1)
  else
    redis.call('HSET', P .. 'turns', place, 0)
    redis.call('ZADD', P .. 'capped', now, place)
  end
end

-- Let a line that was held back have its head on the ring again, at its end.
local function let_in(priority, user)
  local place = place_of(priority, user)
  redis.call('ZREM', P .. 'capped', place)
  if tonumber(redis.call('HGET', P .. 'turns', place) or '0') > 0 then return end
  if redis.call('LMOVE', P .. 'behind:' .. place, P .. priority, 'RIGHT', 'LEFT') then
    add('parked:' .. priority, -1)
    redis.call('HSET', P .. 'turns', place, 1)
    wake(priority)
  else
    redis.call('HDEL', P .. 'turns', place)
  end
end

-- A counted job runs no more: its user's lines go on.
local function make_way(id, user)
  redis.call('SREM', P .. 'running:' .. user, id)
  for _, priority in ipairs(settings.priorities) do
    local place = place_of(priority[1], user)
    if redis.call('ZREM', P .. 'capped', place) == 1 or redis.call('HGET', P .. 'turns', place) == '0' then
      let_in(priority[1], user)
    end
  end
end
