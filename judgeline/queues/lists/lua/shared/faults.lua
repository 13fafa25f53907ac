-- All that AUDIT finds and REPAIR mends, by kind and name.
local MOVED = 100

-- Move ids of a priority that queues.toml does not name to one that it does, the oldest first, from its list or from a
-- user's line behind it. Gives how many there were, and how many are left.
local function move_all(kind, name, target, mend)
  local list = P .. (kind == 'line' and 'behind:' or '') .. name
  if redis.call('TYPE', list)['ok'] ~= 'list' then return 0, 0 end
  local before = redis.call('LLEN', list)
  for _ = 1, mend and math.min(MOVED, before) or 0 do
    local id = redis.call('RPOP', list)
    local job = redis.call('HMGET', job_key(id), 'state', 'priority', 'user')
    local user = job[3] or ''
    if kind == 'line' then
      add('parked:' .. string.match(name, '^[^:]*'), -1)
    elseif user ~= '' and redis.call('HINCRBY', P .. 'turns', place_of(name, user), -1) <= 0 then
      redis.call('HDEL', P .. 'turns', place_of(name, user))
    end
    if not job[1] then
      redis.call('LPUSH', P .. target, id) -- by hand: it is adopted there
      wake(target)
    elseif job[1] == 'queued' and not KNOWN[job[2] or ''] then
      rename(id, { state = job[1], priority = job[2] or '', user = user }, target)
    end
  end
  return before, redis.call('LLEN', list)
end

local function examine(kind, name, target, mend)
  local found = {}
  local function note(what, left) found[#found + 1] = { what, left or 0 } end
  if kind == 'job' then
    check_job(name, target, note, mend)
  elseif kind == 'turns' then
    local fault = recount_turns(name, mend)
    if fault then note(fault) end
  elseif kind == 'worker' then
    if not redis.call('ZSCORE', P .. 'workers', name) then
      if redis.call('EXISTS', P .. 'backup:' .. name) == 1 then
        note('holds jobs, and has no lease')
        if mend then redis.call('ZADD', P .. 'workers', now - 1, name) end -- lapsed: TICK takes what it holds
      elseif redis.call('HEXISTS', P .. 'sequences', name) == 1 then
        note('numbered, but not known')
        if mend then redis.call('HDEL', P .. 'sequences', name) end
      end
    end
  elseif kind == 'running' then
    for _, id in ipairs(redis.call('SMEMBERS', P .. 'running:' .. name)) do check_counted(name, id, note, mend) end
  elseif kind == 'list' or kind == 'line' then
    local before, left = move_all(kind, name, target, mend)
    if before > 0 then note(before .. ' waiting at a priority that queues.toml does not name', left) end
  elseif kind == 'depth' then
    local seen, counted = string.match(name, '^(%x+) (.*)$')
    local wrong, size
    if seen and seen ~= mark() then
      note('left out: jobs moved while they were counted; pause and close the queue, and look again')
    elseif seen then
      wrong = compare_depth(cjson.decode(counted), mend)
    else
      wrong, size = recount_depth(mend)
      if not wrong then note('left out: ' .. size .. ' are too many to count in one step') end
    end
    for _, one in ipairs(wrong or {}) do note(one[1] .. ' is ' .. one[2] .. ', and should be ' .. one[3]) end
  elseif kind == 'mark' then
    note(mark())
  end
  return found
end

local function examine_all(mend)
  local answers = {}
  for i = 3, #ARGV, 2 do answers[#answers + 1] = examine(ARGV[i], ARGV[i + 1], ARGV[2], mend) end
  return answers
end
