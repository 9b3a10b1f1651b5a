"""What Redis does for the mirror, each in one step: Lua scripts that touch the keys of one room and no others.

A room has a hash `meta` (epoch, run, seq), a stream of its recent events (id `seq-1`) and a hash of redactions (bodies
by seq, for events whose text must not be repeated). All carry the room's name as hash tag, so that on a cluster they
lie together. `run` is Redis' own run id: when Redis was restarted, from a snapshot of an hour ago or from nothing, what
it says of a room is not what clients were told, so a new epoch begins.
"""

# KEYS meta, stream, redactions. ARGV run, epoch of a new log, seconds that an idle room is kept.
_STAND = """
local epoch, run = unpack(redis.call('HMGET', KEYS[1], 'epoch', 'run'))
local function begin()
  epoch = ARGV[2]
  redis.call('DEL', KEYS[2], KEYS[3])
  redis.call('HSET', KEYS[1], 'epoch', epoch, 'run', ARGV[1], 'seq', 0)
end
if not epoch or run ~= ARGV[1] then begin() end
redis.call('EXPIRE', KEYS[1], ARGV[3])
"""

# … ARGV[4] channel, [5] who publishes, [6] subject, [7] redacts, [8] once, [9] most events, [10] seconds they are kept,
# [11] body. Gives {epoch, seq}, or nothing when the subject is there already.
APPEND = (
    _STAND
    + """
if ARGV[8] == '1' then
  for _, entry in ipairs(redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 500)) do
    if entry[2][2] == ARGV[6] then return false end
  end
end
if ARGV[7] == '1' then
  for _, entry in ipairs(redis.call('XRANGE', KEYS[2], '-', '+')) do
    if entry[2][2] == ARGV[6] then
      redis.call('HSET', KEYS[3], string.match(entry[1], '^%d+'), ARGV[6] .. '\\n' .. ARGV[11])
      redis.call('XDEL', KEYS[2], entry[1])
    end
  end
end
local seq = redis.call('HINCRBY', KEYS[1], 'seq', 1)
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[9], seq .. '-1', 's', ARGV[6], 'r', ARGV[7], 'b', ARGV[11])
redis.call('EXPIRE', KEYS[2], ARGV[10])
redis.call('EXPIRE', KEYS[3], ARGV[10])
redis.call('PUBLISH', ARGV[4], 'e ' .. epoch .. ' ' .. seq .. ' ' .. ARGV[5] .. ' ' .. ARGV[7] .. ' ' .. ARGV[6] .. '\\n' .. ARGV[11])
return {epoch, seq}
"""  # noqa: E501 - one line of Lua
)

# … ARGV[4] channel, [5] whether to begin a new epoch. Gives {epoch, seq, entries, redactions}.
OPEN = (
    _STAND
    + """
if ARGV[5] == '1' then
  begin()
  redis.call('PUBLISH', ARGV[4], 'n ' .. epoch)
end
local seq = tonumber(redis.call('HGET', KEYS[1], 'seq'))
return {epoch, seq, redis.call('XRANGE', KEYS[2], '-', '+'), redis.call('HGETALL', KEYS[3])}
"""
)

# KEYS meta, stream, redactions. ARGV epoch, first and last seq. Gives {entries, redactions}; nothing of another epoch.
FILL = """
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return false end
return {redis.call('XRANGE', KEYS[2], ARGV[2] .. '-1', ARGV[3] .. '-1'), redis.call('HGETALL', KEYS[3])}
"""

# KEYS nodes of the room, people of this node (a set); further people sets are found by their names. ARGV channel, this
# node, prefix of people sets, most names shown, lease in seconds, how many came, who came …, who left ….
PRESENCE = """
local came = tonumber(ARGV[6])
for i = 7, 6 + came do redis.call('SADD', KEYS[2], ARGV[i]) end
for i = 7 + came, #ARGV do redis.call('SREM', KEYS[2], ARGV[i]) end
redis.call('EXPIRE', KEYS[2], ARGV[5])
redis.call('SADD', KEYS[1], ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[5] * 4)
local sets = {}
for _, node in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  local set = ARGV[3] .. node
  if redis.call('EXISTS', set) == 1 then sets[#sets + 1] = set else redis.call('SREM', KEYS[1], node) end
end
local people = #sets > 0 and redis.call('SUNION', unpack(sets)) or {}
local said = 'p ' .. #people
if #people <= tonumber(ARGV[4]) then said = said .. '\\n' .. table.concat(people, '\\n') end
redis.call('PUBLISH', ARGV[1], said)
return #people
"""
