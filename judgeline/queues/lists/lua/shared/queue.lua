-- Every script begins so, but CLAIM and FINISH, which have the settings themselves in place of their decoding.
-- KEYS[1] is the queue's prefix, "jl:{<queue>}:": it routes the call to the queue's slot,
-- and every key a script touches begins with it. ARGV[1] is the queue's settings as JSON (lists/settings.py).
-- The server's clock is the only clock: what clients think of the time takes no part in any decision.
local redis = redis -- a local is found faster than a global, and this one is asked for thirty times a job
local P = KEYS[1]
local settings = cjson.decode(ARGV[1])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
