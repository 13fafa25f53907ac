-- ENDED: a page of ended jobs, from `unrecorded` (oldest first) or `dead` (newest first).
--
-- keys       the prefix
-- arguments  settings, "unrecorded" or "dead", the id to start after ("" = from the start), at most how many
-- gives      for each {id, its hash as field, value, field, value ...}; payloads only of jobs by hand or of a schedule
-- guarantee  Changes nothing, but drops ids whose hash is gone, or is no job's. At most 100, at most 8 MiB of them.
--#uses queue

local BYTES = 8388608
local set, after, limit = ARGV[2], ARGV[3], math.min(tonumber(ARGV[4]), 100)
local from = 0
if after ~= '' then
  local rank = redis.call(set == 'dead' and 'ZREVRANK' or 'ZRANK', P .. set, after)
  if rank then from = rank + 1 end
end
local ids = redis.call(set == 'dead' and 'ZREVRANGE' or 'ZRANGE', P .. set, from, from + limit - 1)
local page, size = {}, 0
for _, id in ipairs(ids) do
  local fields = redis.call('HGETALL', P .. 'job:' .. id)
  local job = redis.call('HMGET', P .. 'job:' .. id, 'state', 'origin')
  if not job[1] then
    redis.call('ZREM', P .. set, id)
  else
    local kept, by_hand = {}, job[2]
    for i = 1, #fields, 2 do
      if fields[i] ~= 'payload' or (by_hand and set == 'unrecorded') then
        kept[#kept + 1] = fields[i]
        kept[#kept + 1] = fields[i + 1]
        size = size + #fields[i + 1]
      end
    end
    page[#page + 1] = { id, kept }
    if size > BYTES then break end
  end
end
return page
