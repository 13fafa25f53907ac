-- Users taking turns. A priority's list holds the head of each user's line; the user's other ids wait in
-- `behind:<priority>:<user>`. So the list is the round-robin ring itself and a turn costs the same however long the
-- lines are. `turns` counts a user's ids on the list (more than one after a return to the front, or with fair = off).
local function place_of(priority, user)
  return priority .. ':' .. user
end

-- One marker a priority: whoever pops it looks at the lists, and sets it again if there is more.
local function wake(priority)
  redis.call('ZADD', P .. 'wake:' .. priority, 0, 'w')
end

-- One of a user's ids has left the list: bring the next of the line in, at the end of the ring.
-- Gives whether the list grew by it.
local function pass_turn(priority, user)
  if user == '' then return false end
  local place = place_of(priority, user)
  local turns = tonumber(redis.call('HGET', P .. 'turns', place) or '0')
  if turns > 1 then
    redis.call('HINCRBY', P .. 'turns', place, -1)
    return false
  end
  if redis.call('LMOVE', P .. 'behind:' .. place, P .. priority, 'RIGHT', 'LEFT') then
    add('parked:' .. priority, -1)
    if turns ~= 1 then redis.call('HSET', P .. 'turns', place, 1) end
    return true
  end
  redis.call('HDEL', P .. 'turns', place)
  return false
end
