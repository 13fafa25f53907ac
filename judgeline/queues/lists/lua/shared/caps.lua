-- At most so many jobs of one user run at once (`max_running_per_user`), those of all priorities together. A set
-- `running:<user>` has the ids that were started under such a bound (field `counted` of their hash says so). A user's head
-- that CLAIM meets when that set is full goes back to its line, and the line waits off the ring: its field in `turns` is
-- 0, so whoever joins it goes behind, and `capped` has its place (<priority>:<user>), so that TICK finds it.
local function at_cap(user)
  local most = settings.max_running_per_user
  return most > 0 and user ~= '' and redis.call('SCARD', P .. 'running:' .. user) >= most
end
