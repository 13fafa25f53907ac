-- ENQUEUE: put jobs on the queue, in the order given.
--
-- keys       the prefix
-- arguments  settings, then for each job: id, priority, user, payload, digest, attempts counted before
-- gives      for each job {"new", "queued"} or {"known", state}; a refused one is the last and ends the call:
--            {"conflict"} or {"full", bound, jobs waiting below it, jobs ended in the last minute}
-- guarantee  A job is written whole or not at all; bounds are checked in the same step, so they hold however many
--            enqueue at once. The same id with the same digest changes nothing: a repeat is harmless.
--            A server at its memory's end refuses this script before it begins.
--#uses queue counters turns room

local answers = {}
for i = 2, #ARGV, 6 do
  local id, priority, user, payload, digest = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4]
  local key = P .. 'job:' .. id
  local known = redis.call('HMGET', key, 'state', 'digest', 'origin')
  if known[1] then
    if known[2] ~= digest and not (known[3] and redis.call('HGET', key, 'payload') == payload) then
      answers[#answers + 1] = { 'conflict' }
      break
    end
    answers[#answers + 1] = { 'known', known[1] }
  else
    local bound, waiting = lacking_room(priority, user, #payload)
    if bound then
      answers[#answers + 1] = { 'full', bound, waiting, drained_in_a_minute() }
      break
    end
    local fields = { 'state', 'queued', 'priority', priority, 'payload', payload, 'digest', digest, 'enqueued', now }
    if user ~= '' then
      fields[#fields + 1] = 'user'
      fields[#fields + 1] = user
    end
    if ARGV[i + 5] ~= '0' then
      fields[#fields + 1] = 'attempt'
      fields[#fields + 1] = ARGV[i + 5]
    end
    redis.call('HSET', key, unpack(fields))
    join(id, priority, user)
    add('bytes:' .. priority, #payload)
    count('enqueued')
    answers[#answers + 1] = { 'new', 'queued' }
  end
end
return answers
