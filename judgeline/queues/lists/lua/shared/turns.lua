-- Ways into a line.
--#uses places
-- Put a job at the end of the line.
local function join(id, priority, user)
  if user ~= '' then
    local place = place_of(priority, user)
    if settings.fair and redis.call('HEXISTS', P .. 'turns', place) == 1 then
      redis.call('LPUSH', P .. 'behind:' .. place, id)
      add('parked:' .. priority, 1)
      return
    end
    redis.call('HINCRBY', P .. 'turns', place, 1)
  end
  redis.call('LPUSH', P .. priority, id)
  wake(priority)
end

-- Put a job first in line: it had its turn, and lost it by no fault of its own.
local function return_first(id, priority, user)
  if user ~= '' then redis.call('HINCRBY', P .. 'turns', place_of(priority, user), 1) end
  redis.call('RPUSH', P .. priority, id)
  wake(priority)
end

-- Put a job that waited out its delay first in its user's line, and first of all if the user has nothing on the list.
local function come_back(id, priority, user)
  if settings.fair and user ~= '' and redis.call('HEXISTS', P .. 'turns', place_of(priority, user)) == 1 then
    redis.call('RPUSH', P .. 'behind:' .. place_of(priority, user), id)
    add('parked:' .. priority, 1)
  else
    return_first(id, priority, user)
  end
end
