-- WORKERS: who is known, until when, and what each holds.
--
-- keys       the prefix
-- arguments  settings
-- gives      for each worker {name, ms left of its lease (negative when lapsed), {ids it holds}}
-- guarantee  Changes nothing. At most 1,000 workers.
--#uses queue

local views = {}
local workers = redis.call('ZRANGE', P .. 'workers', 0, 999, 'WITHSCORES')
for i = 1, #workers, 2 do
  views[#views + 1] = { workers[i], workers[i + 1] - now, redis.call('LRANGE', P .. 'backup:' .. workers[i], 0, 99) }
end
return views
