-- ENQUEUE: put jobs on the queue, in the order given.
--
-- keys       the prefix
-- arguments  settings, then for each job: id, priority, user, payload, digest, attempts counted before, when it may
--            start: "0" (now), "+<ms>" (so long from now) or "<ms>" (not before that Unix time); and "1" if it was
--            admitted before and a closed queue is to take it, too, else ""
-- gives      for each job {"new", "queued" or "delayed"} or {"known", state}; a refused one is the last and ends the
--            call: {"conflict"}, {"far"} (more than 30 days ahead) or {"full", bound, jobs waiting below it, jobs ended
--            in the last minute}
-- guarantee  A job is written whole or not at all; bounds are checked in the same step, so they hold however many
--            enqueue at once. The same id with the same digest changes nothing, whatever its delay: a repeat is
--            harmless. A server at its memory's end refuses this script before it begins.
--#uses queue counters turns fresh room

local MAX_DELAY_MS = 2592000000

local answers, new = {}, 0
for i = 2, #ARGV, 8 do
  local id, priority, user, payload, digest = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4]
  local start, due = ARGV[i + 6], 0
  local key = P .. 'job:' .. id
  local known = redis.call('HMGET', key, 'state', 'digest', 'origin')
  if known[1] then
    if known[2] ~= digest and not (known[3] and redis.call('HGET', key, 'payload') == payload) then
      answers[#answers + 1] = { 'conflict' }
      break
    end
    answers[#answers + 1] = { 'known', known[1] }
  else
    if start ~= '0' then due = (string.sub(start, 1, 1) == '+' and now or 0) + tonumber(start) end
    if due - now > MAX_DELAY_MS then
      answers[#answers + 1] = { 'far' }
      break
    end
    local bound, waiting = lacking_room(priority, user, #payload, ARGV[i + 7] == '1')
    if bound then
      answers[#answers + 1] = { 'full', bound, waiting, drained_in_a_minute() }
      break
    end
    local state = due > now and 'delayed' or 'queued'
    local fields = { 'state', state, 'priority', priority, 'payload', payload, 'digest', digest, 'enqueued', now }
    if user ~= '' then
      fields[#fields + 1] = 'user'
      fields[#fields + 1] = user
    end
    if ARGV[i + 5] ~= '0' then
      fields[#fields + 1] = 'attempt'
      fields[#fields + 1] = ARGV[i + 5]
    end
    redis.call('HSET', key, unpack(fields))
    if state == 'delayed' then
      put_off(id, priority, user, due, string.sub(start, 1, 1) == '+' and 'delay' or 'date')
    else
      join(id, priority, user)
    end
    add('bytes:' .. priority, #payload)
    count('enqueued')
    new = new + 1
    answers[#answers + 1] = { 'new', state }
  end
end
if new > 0 then count_in_slot(P .. 'arrived', new) end
return answers
