-- FIRE: put the job of a schedule's slot on the queue, once.
--
-- keys       the prefix
-- arguments  settings, the schedule ("<name>:<digest of its cron and zone>"), the slot (its newest, Unix ms), the marker
--            that was seen (0 = none), how late the slot may be in ms (-1 = however late), slots passed over since the
--            marker; then of the job: id, priority, user, payload, digest; and "put" to put it on the queue, or how it
--            went where another than this script does that: "ask", "done" or "full"
-- gives      "fired"; "missed": too late; "full": as ENQUEUE; "known": somebody was first, or the schedule is new, or the
--            clock was set back behind its marker: it begins with the next slot; "early": not yet, by this clock
-- guarantee  Whoever asks, and however often, a slot gives one job: the marker and the job move in one step, and the
--            marker never back, unless it is in the future. A slot that found no room once is not too late until the
--            next one is due. Refused, as ENQUEUE is, by a server at its memory's end.
--#uses queue counters turns room

local schedule, slot, seen = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local patience, over, how = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[12]
local id, priority, user, payload = ARGV[7], ARGV[8], ARGV[9], ARGV[10]
local key = P .. 'job:' .. id

-- Markers of the same schedule with another cron, as long as they are not a day old: somebody may still go by them.
local function forget_former()
  local name = string.match(schedule, '^[^:]*:')
  local kept = redis.call('HGETALL', P .. 'schedules')
  for i = 1, #kept, 2 do
    local old = tonumber(string.match(kept[i + 1], '^%d+') or '0') < now - 86400000
    if old and kept[i] ~= schedule and string.sub(kept[i], 1, #name) == name then
      redis.call('HDEL', P .. 'schedules', kept[i])
    end
  end
end

local function put()
  if redis.call('EXISTS', key) == 1 then return end
  local bound = lacking_room(priority, user, #payload)
  if bound then return bound end
  redis.call('HSET', key, 'state', 'queued', 'priority', priority, 'payload', payload, 'digest', ARGV[11],
    'enqueued', now, 'origin', 'schedule')
  if user ~= '' then redis.call('HSET', key, 'user', user) end
  join(id, priority, user)
  add('bytes:' .. priority, #payload)
  count('enqueued')
  count_in_slot(P .. 'arrived', 1)
end

if slot > now then return 'early' end
local kept = redis.call('HGET', P .. 'schedules', schedule)
local marker, tried = string.match(kept or '', '^(%d+) ?(%d*)$')
marker = tonumber(marker)
if not marker or marker > now then
  redis.call('HSET', P .. 'schedules', schedule, ARGV[3])
  forget_former()
  return 'known'
end
if marker >= slot or marker ~= seen then return 'known' end
if patience >= 0 and now - slot > patience and tried ~= ARGV[3] then
  redis.call('HSET', P .. 'schedules', schedule, ARGV[3])
  redis.call('HINCRBY', P .. 'totals', 'missed', over + 1)
  return 'missed'
end
if how == 'ask' then return 'fired' end
if how == 'full' or (how == 'put' and put()) then
  redis.call('HSET', P .. 'schedules', schedule, ARGV[4] .. ' ' .. ARGV[3])
  return 'full'
end
redis.call('HSET', P .. 'schedules', schedule, ARGV[3])
if over > 0 then redis.call('HINCRBY', P .. 'totals', 'missed', over) end
return 'fired'
