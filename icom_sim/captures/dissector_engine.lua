-- Wireshark dissector of Icom's network protocol ("RS-BA1"): control, CI-V and audio
-- over UDP, on any ports.
--
-- Made by `icom-sim dissector` of icom-lan-kit; do not edit. Everything between the lines
-- "facts" and "engine" comes from the packet declarations of that project.
-- How to install it, and filters to start with: docs/wireshark.md there.
-- SPDX-License-Identifier: MIT

-- ---- facts --------------------------------------------------------------------------

--@FACTS@

-- ---- engine -------------------------------------------------------------------------

local icom = Proto("icom", "Icom network radio")

local CONTROL, CIV = "control", "civ"
local STREAMS = { "control", "civ", "audio" }
local START, STOP = "\xfe", "\xfd"
local HEADER_SIZE = HEADER.size
local RECENT_MAX = 16 -- sessions of two hosts that a new conversation may belong to
local TRACKED = 0 -- the type of packets that are numbered and can be asked for again

-- ---- fields -------------------------------------------------------------------------

local registered, by_name = {}, {}

local function register(name, field)
    registered[#registered + 1] = field
    by_name[name] = field
    return field
end

local NUMBERS = { [1] = ProtoField.uint8, [2] = ProtoField.uint16, [4] = ProtoField.uint32 }

-- Makes the field of a declaration, or finds the one made for another packet.
local function declare(field)
    local name = "icom." .. field.abbr
    if field.shape == "records" then
        for _, each in ipairs(field.fields) do declare(each) end
        return
    end
    if by_name[name] then
        field.handle = by_name[name]
        return
    end
    if field.shape == "number" then
        local base = field.hex and base.HEX or base.DEC
        field.handle = register(name, NUMBERS[field.width](
            name, field.title, base, ENUMS[field.enum], nil, field.meaning))
    elseif field.shape == "text" and not field.secret then
        field.handle = register(name, ProtoField.string(
            name, field.title, base.UNICODE, field.meaning))
    else
        field.handle = register(name, ProtoField.bytes(
            name, field.title, base.NONE, field.meaning))
    end
end

for _, field in ipairs(HEADER.fields) do declare(field) end
for _, packet in ipairs(PACKETS) do
    for _, field in ipairs(packet.fields) do declare(field) end
end

local function own(kind, abbr, title, ...)
    local name = "icom." .. abbr
    return register(name, ProtoField[kind](name, title, ...))
end

local F = {
    kind = own("string", "kind", "Kind"),
    stream = own("string", "stream", "Stream"),
    direction = own("string", "direction", "Direction"),
    session = own("uint32", "session", "Session"),
    rest = own("bytes", "unknown", "Not understood"),
    reason = own("string", "reason", "Reason"),
    answer_in = own("framenum", "answer_in", "Answered in", base.NONE,
        frametype.RESPONSE),
    answer_to = own("framenum", "answer_to", "Answer to", base.NONE,
        frametype.REQUEST),
    answer_ms = own("double", "answer_ms", "Milliseconds since asked"),
    repeat_of = own("framenum", "repeat_of", "Sent before in", base.NONE,
        frametype.RETRANS_PREV),
    frame = own("bytes", "civ.frame", "CI-V frame"),
    to = own("uint8", "civ.to", "To", base.HEX),
    from = own("uint8", "civ.from", "From", base.HEX),
    receiver = own("uint8", "civ.receiver", "Receiver"),
    command = own("uint8", "civ.command", "Command", base.HEX, CIV_COMMANDS),
    subcommand = own("uint8", "civ.subcommand", "Sub-command", base.HEX),
    name = own("string", "civ.name", "Name"),
    data = own("bytes", "civ.data", "Data"),
    frequency = own("uint64", "civ.frequency", "Frequency in Hz"),
    mode = own("uint8", "civ.mode", "Mode", base.HEX, CIV_MODES),
    level = own("uint16", "civ.level", "Level"),
    part = own("bytes", "civ.part", "Part of a frame"),
}
icom.fields = registered

local E = {
    malformed = ProtoExpert.new("icom.malformed", "Not a packet",
        expert.group.MALFORMED, expert.severity.ERROR),
    cut = ProtoExpert.new("icom.cut", "Cut short by the capture",
        expert.group.UNDECODED, expert.severity.WARN),
    derived = ProtoExpert.new("icom.disagrees", "Size or count disagrees",
        expert.group.PROTOCOL, expert.severity.WARN),
    refused = ProtoExpert.new("icom.refused", "Refused",
        expert.group.RESPONSE_CODE, expert.severity.WARN),
    ng = ProtoExpert.new("icom.civ.ng", "The radio refuses the command",
        expert.group.RESPONSE_CODE, expert.severity.NOTE),
}
icom.experts = { E.malformed, E.cut, E.derived, E.refused, E.ng }

-- ---- what a datagram is -------------------------------------------------------------

local function named(fields)
    local found = {}
    for _, field in ipairs(fields) do found[field.name] = field end
    return found
end

local HEAD = named(HEADER.fields)
for _, packet in ipairs(PACKETS) do packet.named = named(packet.fields) end

-- The datagram at hand as a string of Lua, which is quicker to read than its tvb.
local bytes = ""

local function value(field)
    local number = 0
    local first, last, step = field.offset + 1, field.offset + field.width, 1
    if field.little then first, last, step = last, first, -1 end
    for at = first, last, step do number = number * 256 + bytes:byte(at) end
    return number
end

local function has_mark(packet)
    if #packet.marks == 0 then return true end
    for _, mark in ipairs(packet.marks) do
        if bytes:byte(mark.offset + 1) == mark.value then return true end
    end
    return false
end

local function has_size(packet, size)
    if packet.step == 0 then return size == packet.size end
    return size >= packet.size and (size - packet.size) % packet.step == 0
end

local function wanted(packet, field, size)
    local fixed = packet.fixed
    if field.derived == "datagram" then return size end
    if field.derived == "body" then return size - HEADER_SIZE end
    if field.derived == "rest" then return size - fixed end
    return (size - fixed) / packet.step
end

-- Does every field that follows from the size say so? `count` alone, or all.
local function derived_hold(packet, tvb, size, only)
    for _, field in ipairs(packet.fields) do
        if field.derived and (only == nil or field.derived == only)
            and field.offset + field.width <= tvb:len()
            and value(field) ~= wanted(packet, field, size) then
            return false
        end
    end
    return true
end

local function length_holds(packet, length, size)
    return length == size or packet.length == "any"
        or (packet.length == "true or zero" and length == 0)
end

local LENGTH_WRONG = "length field 0x%x in a datagram of 0x%x bytes"

-- The packet that a datagram is, or nothing and the reason.
local function packet_of(tvb, stream)
    local size = tvb:reported_len()
    if tvb:len() < HEADER_SIZE then
        return nil, string.format("0x%x bytes are no header", tvb:len())
    end
    local kind = value(HEAD.type)
    if not ENUMS.PacketType[kind] then
        return nil, string.format("unknown packet type 0x%x", kind)
    end
    local length = value(HEAD.length)
    for _, packet in ipairs(PACKETS) do
        if packet.type == kind and has_size(packet, size) and has_mark(packet)
            and (packet.everywhere or packet.streams[stream]) then
            if not length_holds(packet, length, size) then
                return nil, string.format(LENGTH_WRONG, length, size)
            elseif not derived_hold(packet, tvb, size, "records") then
                return nil, "as many records as counted do not fit"
            end
            return packet
        end
    end
    return nil, string.format("no %s packet of type %d has 0x%x bytes",
        stream or "known", kind, size)
end

-- The stream that the bytes of one datagram prove: data whose inner sizes are right.
-- No data proves nothing: zeros look like audio of no length.
local function proven_stream(tvb)
    local size = tvb:reported_len()
    if size <= HEADER_SIZE or tvb:len() < size then return nil end
    for _, stream in ipairs(STREAMS) do
        local packet = packet_of(tvb, stream)
        if packet and packet.only == stream and derived_hold(packet, tvb, size)
            and (packet.step == 0 or size > packet.fixed) then
            return stream
        end
    end
    return nil
end

-- ---- which conversation it belongs to -----------------------------------------------

local state

local function forget()
    state = { conversations = {}, announced = {}, by_hosts = {}, sessions = 0,
        placed = {}, answers = {} }
end

forget()
icom.init = forget -- a new capture, or the same one read again

local function conversation_of(src, dst, pinfo)
    local key = src < dst and src .. "|" .. dst or dst .. "|" .. src
    local found = state.conversations[key]
    if found == nil then
        local to, from = PORTS[pinfo.dst_port], PORTS[pinfo.src_port]
        found = { stream = from or to, radio = to and dst or (from and src),
            hosts = key, asked = {}, seen = {}, held = {}, civ = {} }
        state.conversations[key] = found
    end
    return found
end

local function new_session(conversation)
    state.sessions = state.sessions + 1
    conversation.session = state.sessions
    conversation.begun = false
    local recent = state.by_hosts[conversation.pair] or {}
    state.by_hosts[conversation.pair] = recent
    table.insert(recent, 1, { number = state.sessions, streams = {} })
    if #recent > RECENT_MAX then table.remove(recent) end
end

-- The session of a CI-V or audio conversation: whose client announced the port, else the
-- latest of these hosts that has no such stream, since even a refused client may try.
local function session_of(conversation, client)
    local told, recent = state.announced[client], state.by_hosts[conversation.pair] or {}
    for _, session in ipairs(recent) do
        if (told and told.session == session.number)
            or (not told and not session.streams[conversation.stream]) then
            session.streams[conversation.stream] = true
            return session.number
        end
    end
    return recent[1] and recent[1].number
end

-- Sessions are counted by their control stream: an are-you-there after more than a
-- handshake begins one. The other streams belong to the session that announced them.
local function follow_session(conversation, packet, src, dst)
    local kind = packet and packet.kind
    if conversation.stream == CONTROL then
        if conversation.session == nil
            or (kind == "are-you-there" and conversation.begun) then
            new_session(conversation)
        end
        if kind == "disconnect" or (packet and packet.only == CONTROL) then
            conversation.begun = true
        end
    elseif conversation.stream
        and (conversation.session == nil or kind == "are-you-there") then
        local client = conversation.radio == src and dst or src
        conversation.session = session_of(conversation, client)
    end
end

local function announce(host, session, packet)
    for stream, name in pairs({ civ = "civ_port", audio = "audio_port" }) do
        local port = value(packet.named[name])
        if port ~= 0 then
            state.announced[string.format("%s:%d", host, port)] =
                { stream = stream, session = session }
        end
    end
end

local function sender_of(packet)
    if packet.sender == "reply" then
        return SENDER_BY_REPLY[value(packet.named.reply)]
    end
    return packet.sender
end

-- Everything that earlier datagrams tell about this one. Called once for each, in order.
local function place(tvb, pinfo)
    local src_host, dst_host = tostring(pinfo.src), tostring(pinfo.dst)
    local src = string.format("%s:%d", src_host, pinfo.src_port)
    local dst = string.format("%s:%d", dst_host, pinfo.dst_port)
    local conversation = conversation_of(src, dst, pinfo)
    if not conversation.certain then
        local told = state.announced[src] or state.announced[dst]
        local stream = proven_stream(tvb) or (told and told.stream)
        if stream then
            conversation.stream, conversation.certain = stream, true
        end
    end
    local packet, reason = packet_of(tvb, conversation.stream)
    local whole = tvb:len() == tvb:reported_len()
    local sender = packet and whole and sender_of(packet)
    if sender then conversation.radio = sender == "client" and dst or src end
    conversation.pair = src_host < dst_host and src_host .. dst_host
        or dst_host .. src_host
    follow_session(conversation, packet, src, dst)
    if whole and packet and packet.named.civ_port then
        announce(src_host, conversation.session, packet)
    end
    local placed = {
        conversation = conversation,
        packet = packet,
        reason = reason,
        stream = conversation.stream,
        to_radio = conversation.radio and conversation.radio == dst,
        session = conversation.session,
    }
    state.placed[pinfo.number] = placed
    return placed
end

-- ---- questions and answers ----------------------------------------------------------

local function ask(asked, key, pinfo)
    asked[key] = { number = pinfo.number, time = pinfo.abs_ts }
end

-- Joins an answer to its question; later passes show both sides.
local function join(question, pinfo)
    if question == nil then return nil end
    state.answers[question.number] = pinfo.number
    return { to = question.number, ms = (pinfo.abs_ts - question.time) * 1000 }
end

local function join_ping(placed, pinfo)
    local asked = placed.conversation.asked
    local is_reply = value(placed.packet.named.reply) ~= 0
    local by_radio = placed.to_radio == is_reply
    local key = string.format("ping %s %d", by_radio, value(HEAD.seq))
    if is_reply then return join(asked[key], pinfo) end
    ask(asked, key, pinfo)
    return nil
end

local function join_control(placed, pinfo)
    local key = "control " .. value(placed.packet.named.inner_seq)
    local asked = placed.conversation.asked
    if placed.to_radio then
        ask(asked, key, pinfo)
        return nil
    end
    if placed.packet.kind == "conn-info" then return nil end
    return join(asked[key], pinfo)
end

-- A numbered packet seen before is a repetition. Numbers half a circle away are forgotten.
local function repetition_of(placed, pinfo)
    local seq = value(HEAD.seq)
    if value(HEAD.type) ~= TRACKED or seq == 0 then return nil end
    local seen = placed.conversation.seen
    local side = placed.to_radio and 0 or 0x10000
    local before = seen[side + seq]
    seen[side + seq] = before or pinfo.number
    seen[side + (seq + 0x8000) % 0x10000] = nil
    return before
end

-- ---- CI-V ---------------------------------------------------------------------------

local function is_frame(body)
    return #body >= 3 and #body <= CIV_BODY_MAX and body:find("[^\xfc]") ~= nil
end

-- Whole frames of one datagram, with what an earlier one left over. `at` is where the
-- body begins in the data, from 1; below that, it began in an earlier datagram.
local function split_frames(placed, data, now)
    local side = placed.to_radio and "radio" or "client"
    local held = placed.conversation.held[side]
    local before = held and now < held.time + CIV_PARTIAL_HOLD_S and held.bytes or ""
    local all, frames, from = before .. data, {}, 1
    while true do
        local stop = all:find(STOP, from, true)
        if stop == nil then break end
        local body = all:sub(from, stop - 1):match("^.*" .. START .. "(.*)$")
        if body and is_frame(body) then
            frames[#frames + 1] = { body = body, at = stop - #body - #before }
        end
        from = stop + 1
    end
    local rest = all:sub(from):match("^.*" .. START .. "(.*)$")
    if rest and #rest <= CIV_BODY_MAX then
        placed.conversation.held[side] = { bytes = START .. rest, time = now }
        frames.rest = #rest + 1
    else
        placed.conversation.held[side] = nil
    end
    return frames
end

local function hex(bytes)
    return (bytes:gsub(".", function(byte) return string.format("%02x", byte:byte()) end))
end

-- Bytes in front of the command, and the longest code with a name.
local function code_of(body)
    local skip = 2
    if body:byte(3) == 0x29 and #body >= 5 then skip = 4 end
    for size = math.min(3, #body - skip), 1, -1 do
        local code = hex(body:sub(skip + 1, skip + size))
        if CIV_NAMES[code] then return skip, size, CIV_NAMES[code] end
    end
    return skip, 1, CIV_COMMANDS[body:byte(skip + 1)]
end

-- How an answer begins: as the question, command and sub-command.
local function join_civ(placed, frame, pinfo)
    local to, from = frame.body:byte(1), frame.body:byte(2)
    local waiting = placed.conversation.civ
    local skip, size = code_of(frame.body)
    local code = frame.body:sub(3, skip + size)
    if placed.to_radio then
        waiting[#waiting + 1] = { to = to, from = from, code = code,
            number = pinfo.number, time = pinfo.abs_ts }
        if #waiting > 32 then table.remove(waiting, 1) end
        return
    end
    local verdict = code == "\xfb" or code == "\xfa"
    for at, question in ipairs(waiting) do
        if question.to == from and question.from == to
            and (verdict or question.code == code) then
            frame.answer = join(question, pinfo)
            table.remove(waiting, at)
            return
        end
    end
end

local function bcd(bytes)
    local digits = hex(bytes)
    return digits:find("%D") == nil and tonumber(digits) or nil
end

local FREQUENCIES = { ["00"] = 0, ["03"] = 0, ["05"] = 0, ["25"] = 1, ["1c03"] = 0 }
local MODES = { ["01"] = 0, ["04"] = 0, ["06"] = 0, ["26"] = 1 }

local function add_value(tree, range, code)
    local size = range:len()
    local skip = FREQUENCIES[code]
    if skip and (size == skip + 5 or size == skip + 6) then
        local hz = bcd(range:raw(skip):reverse())
        if hz then
            local digits = string.format("%.0f", hz)
            tree:add(F.frequency, range(skip), UInt64(digits))
            return string.format("%s Hz", digits)
        end
    end
    skip = MODES[code]
    if skip and size > skip then
        local mode = range(skip, 1)
        tree:add(F.mode, mode)
        return CIV_MODES[mode:uint()] or string.format("mode 0x%02x", mode:uint())
    end
    if (code:sub(1, 2) == "14" or code:sub(1, 2) == "15") and size == 2 then
        local level = bcd(range:raw())
        if level then
            tree:add(F.level, range, level)
            return tostring(level)
        end
    end
    return nil
end

local function show_answer(tree, answer, number)
    if answer then
        tree:add(F.answer_to, answer.to):set_generated()
        tree:add(F.answer_ms, answer.ms):set_generated()
    elseif state.answers[number] then
        tree:add(F.answer_in, state.answers[number]):set_generated()
    end
end

-- The bytes of a frame: a part of the datagram, or put together of several.
local function frame_range(tvb, data_at, frame)
    if frame.at > 1 then
        local first = data_at + frame.at - 1
        local marks = frame.at > 2 and tvb(first - 2, 1):uint() == 0xfe and 2 or 1
        local size = #frame.body + 1
        return tvb(first - marks, size + marks), tvb(first, size - 1)
    end
    local whole = ByteArray.new("fefe" .. hex(frame.body) .. "fd"):tvb("CI-V frame")
    return whole(), whole(2, #frame.body)
end

local function add_frame(tree, tvb, data_at, frame, pinfo)
    local whole, body = frame_range(tvb, data_at, frame)
    local skip, size, name = code_of(frame.body)
    local item = tree:add(F.frame, whole)
    item:add(F.to, body(0, 1))
    item:add(F.from, body(1, 1))
    if skip == 4 then item:add(F.receiver, body(3, 1)) end
    item:add(F.command, body(skip, 1))
    if size > 1 then item:add(F.subcommand, body(skip + 1, 1)) end
    name = name or "unknown command"
    item:add(F.name, name):set_generated()
    local shown
    if #frame.body > skip + size then
        local data = body(skip + size)
        item:add(F.data, data)
        shown = add_value(item, data, hex(frame.body:sub(skip + 1, skip + size)))
    end
    show_answer(item, frame.answer, pinfo.number)
    if skip == 2 and frame.body:sub(3) == "\xfa" then item:add_proto_expert_info(E.ng) end
    local text = string.format("%02x>%02x %s", frame.body:byte(2), frame.body:byte(1), name)
    text = shown and text .. ": " .. shown or text
    item:set_text("CI-V frame: " .. text)
    return text
end

local function add_civ(tree, tvb, placed, pinfo)
    local data_at = placed.packet.fixed
    local texts = {}
    for at, frame in ipairs(placed.frames) do
        texts[at] = add_frame(tree, tvb, data_at, frame, pinfo)
    end
    local rest = math.min(placed.frames.rest or 0, tvb:len() - data_at)
    if rest > 0 then
        local at = tvb:len() - rest
        if at > data_at and tvb(at - 1, 1):uint() == START:byte() then at = at - 1 end
        tree:add(F.part, tvb(at))
        texts[#texts + 1] = "part of a frame"
    end
    return table.concat(texts, ", ")
end

-- ---- a datagram in the tree ---------------------------------------------------------

local function add_word(tree, item, field, range)
    local word = field.words[hex(range:raw())]
    item:append_text(" (" .. (word or "unknown") .. ")")
    if word ~= "ok" then tree:add_proto_expert_info(E.refused, word or "unknown code") end
    return word or "unknown code"
end

local add_fields

local function add_records(tree, tvb, field, at)
    while at + field.size <= tvb:len() do
        local subtree = tree:add(icom, tvb(at, field.size), field.title)
        add_fields(subtree, tvb, field.fields, at)
        at = at + field.size
    end
end

-- Fields that the capture cut off are left out. Returns words that stand for a value.
function add_fields(tree, tvb, fields, base)
    local words = {}
    for _, field in ipairs(fields) do
        local at = base + field.offset
        if field.shape == "records" then
            add_records(tree, tvb, field, at)
        elseif field.shape == "rest" then
            if at < tvb:len() then tree:add(field.handle, tvb(at)) end
        elseif at + field.width <= tvb:len() then
            local range = tvb(at, field.width)
            if field.shape == "number" then
                local add = field.little and tree.add_le or tree.add
                add(tree, field.handle, range)
            elseif field.shape == "text" and not field.secret then
                local text = range:raw():match("^[^\0]*")
                tree:add(field.handle, range, range(0, #text):len() > 0
                    and range(0, #text):string(ENC_UTF_8) or "")
            else
                local item = tree:add(field.handle, range)
                if field.words then
                    words[#words + 1] = add_word(tree, item, field, range)
                end
            end
        end
    end
    return table.concat(words, ", ")
end

local function check_derived(tree, packet, tvb)
    local size = tvb:reported_len()
    for _, field in ipairs(packet.fields) do
        if field.derived and field.offset + field.width <= tvb:len() then
            local is, should = value(field), wanted(packet, field, size)
            if is ~= should then
                tree:add_proto_expert_info(E.derived,
                    string.format("%s is %d, but %d follow", field.title, is, should))
            end
        end
    end
end

local function add_meaning(tree, placed, kind)
    local conversation = placed.conversation
    local stream = placed.stream or conversation.stream
    local session = placed.session or conversation.session
    tree:add(F.kind, kind):set_generated()
    tree:add(F.stream, stream or "unknown"):set_generated()
    local direction = "unknown"
    if placed.to_radio ~= nil then
        direction = placed.to_radio and "to-radio" or "to-client"
    end
    tree:add(F.direction, direction):set_generated()
    if session then tree:add(F.session, session):set_generated() end
    return stream or "?", direction
end

local function add_unknown(tree, tvb, reason)
    local at = tvb:reported_len() < HEADER_SIZE and 0 or HEADER_SIZE
    if tvb:len() > at then tree:add(F.rest, tvb(at)) end
    tree:add(F.reason, reason):set_generated()
    tree:add_proto_expert_info(E.malformed, reason)
    return reason
end

local function add_body(tree, tvb, placed, pinfo)
    local packet = placed.packet
    local subtree = tree
    if #packet.fields > 0 and tvb:len() > HEADER_SIZE then
        subtree = tree:add(icom, tvb(HEADER_SIZE), packet.title)
    end
    local text = add_fields(subtree, tvb, packet.fields, 0)
    check_derived(subtree, packet, tvb)
    if placed.frames then text = add_civ(subtree, tvb, placed, pinfo) end
    show_answer(tree, placed.answer, not placed.frames and pinfo.number)
    if placed.repeat_of then
        tree:add(F.repeat_of, placed.repeat_of):set_generated()
    end
    return text
end

-- What is worked out once for each datagram that is a packet, in the order of the capture.
local function connect(placed, tvb, pinfo)
    local packet = placed.packet
    if packet == nil or tvb:len() < tvb:reported_len() then return end
    if packet.kind == "ping" then
        placed.answer = join_ping(placed, pinfo)
        return
    end
    placed.repeat_of = repetition_of(placed, pinfo)
    if packet.only == CONTROL then
        placed.answer = join_control(placed, pinfo)
    elseif packet.kind == "civ-data" then
        local data_at = packet.fixed
        placed.frames = split_frames(placed, bytes:sub(data_at + 1), pinfo.abs_ts)
        if not placed.repeat_of then
            for _, frame in ipairs(placed.frames) do join_civ(placed, frame, pinfo) end
        end
    end
end

function icom.dissector(tvb, pinfo, root)
    if pinfo.in_error_pkt then return 0 end -- quoted by ICMP: it was seen already
    bytes = tvb:len() > 0 and tvb:raw() or ""
    local placed = state.placed[pinfo.number]
    if placed == nil then
        placed = place(tvb, pinfo)
        connect(placed, tvb, pinfo)
    end
    if placed.packet == nil and placed.stream == nil and placed.conversation.stream then
        -- Its stream became known later.
        placed.stream = placed.conversation.stream
        placed.packet, placed.reason = packet_of(tvb, placed.stream)
    end
    local packet = placed.packet
    local kind = packet and packet.kind or "unknown"
    pinfo.cols.protocol = "ICOM"
    local tree = root:add(icom, tvb())
    local stream, direction = add_meaning(tree, placed, kind)
    if tvb:reported_len() >= HEADER_SIZE then
        add_fields(tree, tvb, HEADER.fields, 0)
    end
    local text
    if packet then
        text = add_body(tree, tvb, placed, pinfo)
    else
        text = add_unknown(tree, tvb, placed.reason)
    end
    if tvb:len() < tvb:reported_len() then tree:add_proto_expert_info(E.cut) end
    local seq = tvb:len() >= HEADER_SIZE and " #" .. value(HEAD.seq) or ""
    tree:append_text(string.format(", %s %s, %s", stream, direction, kind))
    local line = string.format("%s %s %s%s", stream,
        direction == "to-client" and "<" or ">", kind, seq)
    pinfo.cols.info = text ~= "" and line .. ", " .. text or line
    return tvb:len()
end

-- ---- whose datagrams these are ------------------------------------------------------

-- A datagram of a conversation that is not known yet must prove itself: true length,
-- known type, ids where they have to be, and inner sizes that agree. DNS, RTP, STUN and
-- the like cannot; a session that begins with a damaged datagram is found one later.
local function proves_itself(tvb)
    if tvb:len() < HEADER_SIZE then return false end
    local packet = packet_of(tvb, nil)
    local to_nobody = value(HEAD.receiver_id) == 0
    if value(HEAD.sender_id) == 0 then return false end
    if packet == nil then return not to_nobody and proven_stream(tvb) ~= nil end
    if to_nobody then return packet.kind == "are-you-there" end
    if packet.kind == "ping" then return value(packet.named.reply) <= 1 end
    return packet.length ~= "any" or value(HEAD.length) == tvb:reported_len()
end

icom:register_heuristic("udp", function(tvb, pinfo, root)
    if pinfo.in_error_pkt then return false end
    bytes = tvb:len() > 0 and tvb:raw() or ""
    if not state.placed[pinfo.number] and not proves_itself(tvb) then return false end
    pinfo.conversation = icom
    icom.dissector(tvb, pinfo, root)
    return true
end)

-- For captures whose first datagrams are damaged: "Decode As..." in the menu.
DissectorTable.get("udp.port"):add_for_decode_as(icom)
