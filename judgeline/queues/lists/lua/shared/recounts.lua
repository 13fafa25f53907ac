-- Counters against what they count. So many are counted in one step, which takes the server about 10 ms. More are counted
-- by the caller, page by page, and what came out holds if no job has moved meanwhile.
local COUNTED = 2000

-- What is another whenever a job has come, moved or gone.
local function mark()
  local seen = {}
  for _, hash in ipairs({ 'depth', 'totals', 'sequences' }) do
    local fields, pairs_of = redis.call('HGETALL', P .. hash), {}
    for i = 1, #fields, 2 do pairs_of[#pairs_of + 1] = fields[i] .. '=' .. fields[i + 1] end
    table.sort(pairs_of)
    seen[#seen + 1] = table.concat(pairs_of, ' ')
  end
  return redis.sha1hex(table.concat(seen, ' / '))
end

-- Call with the id, state, priority, user, payload's bytes and `fresh` of each job that waits on a list or in a worker's
-- hands without having been started.
local function each_waiting(lists, call)
  local seen = {}
  for _, list in ipairs(lists) do
    for _, id in ipairs(redis.call('LRANGE', list, 0, -1)) do
      if not seen[id] then
        seen[id] = true
        local job = redis.call('HMGET', P .. 'job:' .. id, 'state', 'priority', 'user')
        if job[1] == 'queued' then call(id, job[2], job[3] or '') end
      end
    end
  end
end

local function backups()
  local lists = {}
  for _, worker in ipairs(redis.call('ZRANGE', P .. 'workers', 0, -1)) do lists[#lists + 1] = P .. 'backup:' .. worker end
  return lists
end

-- A user's turns at a priority: their ids on its list. Gives a fault or nil. A line without a head gets its head.
local function recount_turns(place, mend)
  local priority, owner = string.match(place, '^([^:]*):(.*)$')
  if not priority or owner == '' then return nil end
  local field, line = redis.call('HGET', P .. 'turns', place), P .. 'behind:' .. place
  if redis.call('LLEN', P .. priority) > COUNTED then return 'left out: its list is too long to count turns on in one step' end
  local turns, lists = 0, backups()
  lists[#lists + 1] = P .. priority
  each_waiting(lists, function(_, of, user)
    if of == priority and user == owner then turns = turns + 1 end
  end)
  local told, waiting = tonumber(field or '0'), redis.call('LLEN', line) > 0
  local held_back = waiting and redis.call('ZSCORE', P .. 'capped', place) -- until its user has fewer jobs running
  local headless = turns == 0 and waiting and not held_back
  local for_nothing = field == '0' and not waiting
  if told == turns and not headless and not for_nothing then return nil end
  if mend then
    if headless then
      redis.call('LMOVE', line, P .. priority, 'RIGHT', 'LEFT')
      add('parked:' .. priority, -1)
      wake(priority)
      turns = 1
    end
    if turns > 0 or held_back then
      redis.call('HSET', P .. 'turns', place, turns)
    else
      redis.call('HDEL', P .. 'turns', place)
    end
  end
  if headless then return 'a line of ids behind no head' end
  if for_nothing then return 'held back, and nothing is in its line' end
  return told .. ' turns counted, and ' .. turns .. ' ids on the list'
end

-- The fields of `depth` against what they should be. Gives {field, told, truth} of each that is wrong.
local function compare_depth(truth, mend)
  local wrong, fields = {}, redis.call('HGETALL', P .. 'depth')
  local function compare(field, told)
    local right = truth[field] or 0
    truth[field] = nil
    if told == right then return end
    wrong[#wrong + 1] = { field, told, right }
    if mend then
      if right > 0 then redis.call('HSET', P .. 'depth', field, right) else redis.call('HDEL', P .. 'depth', field) end
    end
  end
  for i = 1, #fields, 2 do
    local kind = string.match(fields[i], '^[^:]*')
    if kind == 'parked' or kind == 'delayed' or kind == 'bytes' then compare(fields[i], tonumber(fields[i + 1])) end
  end
  local missing = {}
  for field in pairs(truth) do missing[#missing + 1] = field end
  for _, field in ipairs(missing) do compare(field, 0) end
  return wrong
end

-- Count what `depth` should say, and compare. Gives what is wrong, or nil and how many there are to count.
local function recount_depth(mend)
  local lists, size, truth = backups(), redis.call('HLEN', P .. 'turns'), {}
  if size > COUNTED then return nil, size end
  local function is(field, more) truth[field] = (truth[field] or 0) + more end
  for _, one in ipairs(settings.priorities) do lists[#lists + 1] = P .. one[1] end
  for _, place in ipairs(redis.call('HKEYS', P .. 'turns')) do
    local line = P .. 'behind:' .. place
    lists[#lists + 1] = line
    local parked = redis.call('LLEN', line)
    if parked > 0 then is('parked:' .. string.match(place, '^[^:]*'), parked) end
  end
  for _, list in ipairs(lists) do size = size + 1 + redis.call('LLEN', list) end
  size = size + redis.call('ZCARD', P .. 'delayed') + redis.call('ZCARD', P .. 'dead')
  if size > COUNTED then return nil, size end

  each_waiting(lists, function(id, priority)
    is('bytes:' .. priority, redis.call('HSTRLEN', P .. 'job:' .. id, 'payload'))
  end)
  for _, id in ipairs(redis.call('ZRANGE', P .. 'delayed', 0, -1)) do
    local job = redis.call('HMGET', P .. 'job:' .. id, 'state', 'priority', 'user', 'fresh')
    if job[1] == 'delayed' then
      is('delayed:' .. job[2], 1)
      is('bytes:' .. job[2], redis.call('HSTRLEN', P .. 'job:' .. id, 'payload'))
      if job[3] and job[4] then is('delayed:' .. job[2] .. ':' .. job[3], 1) end
    end
  end
  for _, id in ipairs(redis.call('ZRANGE', P .. 'dead', 0, -1)) do
    is('bytes:dead', redis.call('HSTRLEN', P .. 'job:' .. id, 'payload'))
  end
  return compare_depth(truth, mend)
end
