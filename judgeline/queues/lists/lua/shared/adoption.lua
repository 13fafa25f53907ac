-- List elements that are no job ids: what somebody LPUSHed by hand.
local EVIDENCE_BYTES = 65536

-- An id of UUIDv7's form: the clock, and a counter in place of random bits.
local function made_id()
  local serial = redis.call('HINCRBY', P .. 'totals', 'by_hand', 1)
  return string.format(
    '%08x-%04x-7%03x-8000-%012x', math.floor(now / 65536), now % 65536, clock[2] % 1000, serial
  )
end

-- The bytes of the value at `from`, in text known to be JSON: quotes and brackets are enough to find its end.
local function raw_value(text, from)
  local depth, at = 0, from
  while true do
    local start, _, mark = string.find(text, '(["%[%]{},])', at)
    if not start then return nil end
    if mark == '"' then
      local close = start
      repeat
        close = string.find(text, '["\\]', close + 1)
        local escaped = string.sub(text, close, close) == '\\'
        if escaped then close = close + 1 end
      until not escaped
      at = close + 1
    elseif mark == ',' then
      if depth == 0 then return string.sub(text, from, start - 1), start end
      at = start + 1
    elseif mark == '{' or mark == '[' then
      depth, at = depth + 1, start + 1
    else
      if depth == 0 then return string.sub(text, from, start - 1), start end
      depth, at = depth - 1, start + 1
    end
  end
end

-- Text without the space around it. A pattern of two ends ('^%s*(.-)%s*$') would look at a run of spaces inside once
-- for each of them: a minute for a payload with 64 KiB of spaces.
local function trimmed(text)
  local last = #text
  while string.find(text, '^%s', last) do last = last - 1 end
  return string.sub(text, string.find(text, '%S') or 1, last)
end

-- The raw bytes of an object's member (the last of that name, as decoders take it), surrounding space trimmed.
-- A decoded and encoded payload would not be what was pushed: numbers and empty arrays do not survive it.
local function raw_member(text, name)
  local found
  local at = string.find(text, '{', 1, true) + 1
  while true do
    local key_start = string.find(text, '"', at, true)
    if not key_start then return found end
    local colon_from = key_start
    repeat
      colon_from = string.find(text, '["\\]', colon_from + 1)
      local escaped = string.sub(text, colon_from, colon_from) == '\\'
      if escaped then colon_from = colon_from + 1 end
    until not escaped
    local key = string.sub(text, key_start + 1, colon_from - 1)
    local value, stop = raw_value(text, string.find(text, ':', colon_from, true) + 1)
    if not value then return found end
    if key == name then found = trimmed(value) end
    if string.sub(text, stop, stop) ~= ',' then return found end
    at = stop + 1
  end
end

-- Set an element aside as a dead letter, with its first bytes as payload.
local function set_aside(element, priority, reason)
  local id = made_id()
  redis.call('HSET', job_key(id), 'priority', priority, 'origin', 'hand', 'enqueued', now,
    'payload', string.sub(element, 1, EVIDENCE_BYTES))
  bury(id, 0, reason, '{"element_bytes":' .. #element .. '}')
end

-- Make a job of an element, or set it aside. Gives the id of a job to start, or nil.
local function adopt(element, priority)
  if #element > settings.max_payload_bytes + EVIDENCE_BYTES then
    return set_aside(element, priority, 'an element by hand is too large')
  end
  local fine, object = pcall(cjson.decode, element)
  if not fine or type(object) ~= 'table' or object.payload == nil or not string.find(element, '^%s*{') then
    return set_aside(element, priority, 'not a job: neither a known id nor a JSON object with a payload')
  end
  local payload = raw_member(element, 'payload')
  if not payload then return set_aside(element, priority, 'not a job: its payload cannot be cut out') end
  if #payload > settings.max_payload_bytes then
    return set_aside(element, priority, 'its payload is too large')
  end
  if object.handler ~= nil and object.handler ~= settings.handler then
    return set_aside(element, priority, 'it names a handler that is not the one of this queue')
  end
  local id = object.id
  if id == nil then
    id = made_id()
  elseif type(id) ~= 'string' or #id > 128 or not string.find(id, '^[%w_.:-]+$') then
    return set_aside(element, priority, 'its id is not 1 to 128 of A-Z a-z 0-9 _ . : -')
  elseif redis.call('EXISTS', job_key(id)) == 1 then
    if redis.call('HGET', job_key(id), 'payload') == payload then return nil end -- pushed twice
    return set_aside(element, priority, 'its id is taken')
  end
  redis.call('HSET', job_key(id), 'state', 'queued', 'priority', priority, 'payload', payload, 'enqueued', now,
    'origin', 'hand')
  count('adopted')
  return id
end
