-- Wireshark dissector of Icom's network protocol ("RS-BA1"): control, CI-V and audio
-- over UDP, on any ports.
--
-- Made by `icom-sim dissector` of icom-lan-kit; do not edit. Everything between the lines
-- "facts" and "engine" comes from the packet declarations of that project.
-- How to install it, and filters to start with: docs/wireshark.md there.
-- SPDX-License-Identifier: MIT

-- ---- facts --------------------------------------------------------------------------

local ENUMS = {
  PacketType = {
    [0] = "DATA",
    [1] = "RETRANSMIT",
    [3] = "ARE_YOU_THERE",
    [4] = "I_AM_HERE",
    [5] = "DISCONNECT",
    [6] = "READY",
    [7] = "PING",
  },
  Reply = { [1] = "REQUEST", [2] = "ANSWER", [3] = "NOTICE" },
  Request = {
    [0] = "LOGIN",
    [1] = "REMOVE_TOKEN",
    [2] = "CONFIRM_TOKEN",
    [3] = "STREAMS",
    [4] = "CLOSE_STREAMS",
    [5] = "RENEW_TOKEN",
  },
  Codec = {
    [0] = "NONE",
    [1] = "ULAW_MONO",
    [2] = "PCM8_MONO",
    [4] = "PCM16_MONO",
    [8] = "PCM8_STEREO",
    [16] = "PCM16_STEREO",
    [32] = "ULAW_STEREO",
    [64] = "OPUS_MONO",
    [65] = "OPUS_STEREO",
    [128] = "ADPCM_MONO",
  },
  CivKind = { [192] = "OPEN_CLOSE", [193] = "DATA" },
}

local HEADER = {
  size = 16,
  fields = {
    {
      name = "length",
      abbr = "length",
      title = "Length",
      offset = 0,
      width = 4,
      shape = "number",
      meaning = "whole datagram; real radios put 0 into pings",
      little = true,
      derived = "datagram",
    },
    {
      name = "type",
      abbr = "type",
      title = "Type",
      offset = 4,
      width = 2,
      shape = "number",
      little = true,
      hex = true,
      enum = "PacketType",
    },
    {
      name = "seq",
      abbr = "seq",
      title = "Seq",
      offset = 6,
      width = 2,
      shape = "number",
      meaning = "transport sequence number; 0 on most untracked packets",
      little = true,
    },
    {
      name = "sender_id",
      abbr = "sender_id",
      title = "Sender id",
      offset = 8,
      width = 4,
      shape = "number",
      meaning = "id chosen by the sender for this stream",
      little = true,
      hex = true,
    },
    {
      name = "receiver_id",
      abbr = "receiver_id",
      title = "Receiver id",
      offset = 12,
      width = 4,
      shape = "number",
      meaning = "id of the other side; 0 while unknown",
      little = true,
      hex = true,
    },
  },
}

local PACKETS = {
  {
    kind = "are-you-there",
    title = "Are you there",
    type = 3,
    streams = { control = true, civ = true, audio = true },
    everywhere = true,
    sender = "client",
    size = 16,
    step = 0,
    fixed = 16,
    marks = {},
    length = "true",
    fields = {},
  },
  {
    kind = "i-am-here",
    title = "I am here",
    type = 4,
    streams = { control = true, civ = true, audio = true },
    everywhere = true,
    sender = "radio",
    size = 16,
    step = 0,
    fixed = 16,
    marks = {},
    length = "true",
    fields = {},
  },
  {
    kind = "ready",
    title = "Ready",
    type = 6,
    streams = { control = true, civ = true, audio = true },
    everywhere = true,
    size = 16,
    step = 0,
    fixed = 16,
    marks = {},
    length = "true",
    fields = {},
  },
  {
    kind = "disconnect",
    title = "Disconnect",
    type = 5,
    streams = { control = true, civ = true, audio = true },
    everywhere = true,
    size = 16,
    step = 0,
    fixed = 16,
    marks = {},
    length = "true",
    fields = {},
  },
  {
    kind = "idle",
    title = "Idle",
    type = 0,
    streams = { control = true, civ = true, audio = true },
    everywhere = true,
    size = 16,
    step = 0,
    fixed = 16,
    marks = {},
    length = "true",
    fields = {},
  },
  {
    kind = "ping",
    title = "Ping",
    type = 7,
    streams = { control = true, civ = true, audio = true },
    everywhere = true,
    size = 21,
    step = 0,
    fixed = 21,
    marks = {},
    length = "true or zero",
    fields = {
      {
        name = "reply",
        abbr = "ping.reply",
        title = "Reply",
        offset = 16,
        width = 1,
        shape = "number",
        meaning = "0 request, 1 reply",
      },
      {
        name = "time",
        abbr = "ping.time",
        title = "Time",
        offset = 17,
        width = 4,
        shape = "number",
        meaning = "the requester's clock in ms, echoed bit for bit",
        little = true,
      },
    },
  },
  {
    kind = "retransmit-one",
    title = "Retransmit one",
    type = 1,
    streams = { control = true, civ = true, audio = true },
    everywhere = true,
    size = 16,
    step = 0,
    fixed = 16,
    marks = {},
    length = "true",
    fields = {},
  },
  {
    kind = "retransmit-many",
    title = "Retransmit many",
    type = 1,
    streams = { control = true, civ = true, audio = true },
    everywhere = true,
    size = 20,
    step = 4,
    fixed = 16,
    marks = {},
    length = "any",
    fields = {
      {
        name = "ranges",
        abbr = "retransmit_many.ranges",
        title = "Seq range",
        offset = 16,
        shape = "records",
        size = 4,
        fields = {
          {
            name = "first",
            abbr = "seq_range.first",
            title = "First",
            offset = 0,
            width = 2,
            shape = "number",
            little = true,
          },
          {
            name = "last",
            abbr = "seq_range.last",
            title = "Last",
            offset = 2,
            width = 2,
            shape = "number",
            little = true,
          },
        },
      },
    },
  },
  {
    kind = "login",
    title = "Login",
    type = 0,
    streams = { control = true },
    only = "control",
    sender = "client",
    size = 128,
    step = 0,
    fixed = 128,
    marks = {},
    length = "true",
    fields = {
      {
        name = "payload_size",
        abbr = "control.payload_size",
        title = "Payload size",
        offset = 16,
        width = 4,
        shape = "number",
        meaning = "datagram length less 0x10",
        derived = "body",
      },
      {
        name = "reply",
        abbr = "control.reply",
        title = "Reply",
        offset = 20,
        width = 1,
        shape = "number",
        hex = true,
        enum = "Reply",
      },
      {
        name = "request",
        abbr = "control.request",
        title = "Request",
        offset = 21,
        width = 1,
        shape = "number",
        hex = true,
        enum = "Request",
      },
      {
        name = "inner_seq",
        abbr = "control.inner_seq",
        title = "Inner seq",
        offset = 22,
        width = 2,
        shape = "number",
        meaning = "+1 per client request; answers echo it",
      },
      {
        name = "reserved_18",
        abbr = "control.reserved_18",
        title = "Reserved 18",
        offset = 24,
        width = 2,
        shape = "bytes",
      },
      {
        name = "token_request",
        abbr = "control.token_request",
        title = "Token request",
        offset = 26,
        width = 2,
        shape = "bytes",
        meaning = "chosen by the client at login",
      },
      {
        name = "token",
        abbr = "control.token",
        title = "Token",
        offset = 28,
        width = 4,
        shape = "bytes",
        meaning = "chosen by the radio in the login response",
      },
      {
        name = "reserved_20",
        abbr = "login.reserved_20",
        title = "Reserved 20",
        offset = 32,
        width = 32,
        shape = "bytes",
      },
      {
        name = "username",
        abbr = "login.username",
        title = "Username",
        offset = 64,
        width = 16,
        shape = "text",
        meaning = "obfuscated: credentials.py",
        secret = true,
      },
      {
        name = "password",
        abbr = "login.password",
        title = "Password",
        offset = 80,
        width = 16,
        shape = "text",
        meaning = "obfuscated: credentials.py",
        secret = true,
      },
      {
        name = "computer",
        abbr = "login.computer",
        title = "Computer",
        offset = 96,
        width = 16,
        shape = "text",
        meaning = "plain; shown by the radio to other clients",
      },
      {
        name = "reserved_70",
        abbr = "login.reserved_70",
        title = "Reserved 70",
        offset = 112,
        width = 16,
        shape = "bytes",
      },
    },
  },
  {
    kind = "login-response",
    title = "Login response",
    type = 0,
    streams = { control = true },
    only = "control",
    sender = "radio",
    size = 96,
    step = 0,
    fixed = 96,
    marks = {},
    length = "true",
    fields = {
      {
        name = "payload_size",
        abbr = "control.payload_size",
        title = "Payload size",
        offset = 16,
        width = 4,
        shape = "number",
        meaning = "datagram length less 0x10",
        derived = "body",
      },
      {
        name = "reply",
        abbr = "control.reply",
        title = "Reply",
        offset = 20,
        width = 1,
        shape = "number",
        hex = true,
        enum = "Reply",
      },
      {
        name = "request",
        abbr = "control.request",
        title = "Request",
        offset = 21,
        width = 1,
        shape = "number",
        hex = true,
        enum = "Request",
      },
      {
        name = "inner_seq",
        abbr = "control.inner_seq",
        title = "Inner seq",
        offset = 22,
        width = 2,
        shape = "number",
        meaning = "+1 per client request; answers echo it",
      },
      {
        name = "reserved_18",
        abbr = "control.reserved_18",
        title = "Reserved 18",
        offset = 24,
        width = 2,
        shape = "bytes",
      },
      {
        name = "token_request",
        abbr = "control.token_request",
        title = "Token request",
        offset = 26,
        width = 2,
        shape = "bytes",
        meaning = "chosen by the client at login",
      },
      {
        name = "token",
        abbr = "control.token",
        title = "Token",
        offset = 28,
        width = 4,
        shape = "bytes",
        meaning = "chosen by the radio in the login response",
      },
      {
        name = "auth_start_id",
        abbr = "login_response.auth_start_id",
        title = "Auth start id",
        offset = 32,
        width = 2,
        shape = "number",
        little = true,
      },
      {
        name = "reserved_22",
        abbr = "login_response.reserved_22",
        title = "Reserved 22",
        offset = 34,
        width = 14,
        shape = "bytes",
      },
      {
        name = "error",
        abbr = "login_response.error",
        title = "Error",
        offset = 48,
        width = 4,
        shape = "bytes",
        meaning = "codes.LOGIN_OK or an error word",
        words = { ["00000000"] = "ok", fffffffe = "wrong user name or password" },
      },
      {
        name = "reserved_34",
        abbr = "login_response.reserved_34",
        title = "Reserved 34",
        offset = 52,
        width = 12,
        shape = "bytes",
      },
      {
        name = "connection",
        abbr = "login_response.connection",
        title = "Connection",
        offset = 64,
        width = 16,
        shape = "text",
        meaning = "FTTH from radios, WFVIEW from wfview",
      },
      {
        name = "reserved_50",
        abbr = "login_response.reserved_50",
        title = "Reserved 50",
        offset = 80,
        width = 16,
        shape = "bytes",
        meaning = "first byte 1 in one IC-705 capture",
      },
    },
  },
  {
    kind = "token",
    title = "Token",
    type = 0,
    streams = { control = true },
    only = "control",
    sender = "reply",
    size = 64,
    step = 0,
    fixed = 64,
    marks = {},
    length = "true",
    fields = {
      {
        name = "payload_size",
        abbr = "control.payload_size",
        title = "Payload size",
        offset = 16,
        width = 4,
        shape = "number",
        meaning = "datagram length less 0x10",
        derived = "body",
      },
      {
        name = "reply",
        abbr = "control.reply",
        title = "Reply",
        offset = 20,
        width = 1,
        shape = "number",
        hex = true,
        enum = "Reply",
      },
      {
        name = "request",
        abbr = "control.request",
        title = "Request",
        offset = 21,
        width = 1,
        shape = "number",
        hex = true,
        enum = "Request",
      },
      {
        name = "inner_seq",
        abbr = "control.inner_seq",
        title = "Inner seq",
        offset = 22,
        width = 2,
        shape = "number",
        meaning = "+1 per client request; answers echo it",
      },
      {
        name = "reserved_18",
        abbr = "control.reserved_18",
        title = "Reserved 18",
        offset = 24,
        width = 2,
        shape = "bytes",
      },
      {
        name = "token_request",
        abbr = "control.token_request",
        title = "Token request",
        offset = 26,
        width = 2,
        shape = "bytes",
        meaning = "chosen by the client at login",
      },
      {
        name = "token",
        abbr = "control.token",
        title = "Token",
        offset = 28,
        width = 4,
        shape = "bytes",
        meaning = "chosen by the radio in the login response",
      },
      {
        name = "identity",
        abbr = "token.identity",
        title = "Identity",
        offset = 32,
        width = 16,
        shape = "bytes",
        meaning = "the radio, in CLOSE_STREAMS",
      },
      {
        name = "response",
        abbr = "token.response",
        title = "Response",
        offset = 48,
        width = 4,
        shape = "bytes",
        meaning = "codes.TOKEN_OK or TOKEN_REJECTED",
        words = { ["00000000"] = "ok", ffffffff = "rejected" },
      },
      {
        name = "reserved_34",
        abbr = "token.reserved_34",
        title = "Reserved 34",
        offset = 52,
        width = 12,
        shape = "bytes",
      },
    },
  },
  {
    kind = "capabilities",
    title = "Capabilities",
    type = 0,
    streams = { control = true },
    only = "control",
    sender = "radio",
    size = 168,
    step = 102,
    fixed = 66,
    marks = {},
    length = "true",
    fields = {
      {
        name = "payload_size",
        abbr = "control.payload_size",
        title = "Payload size",
        offset = 16,
        width = 4,
        shape = "number",
        meaning = "datagram length less 0x10",
        derived = "body",
      },
      {
        name = "reply",
        abbr = "control.reply",
        title = "Reply",
        offset = 20,
        width = 1,
        shape = "number",
        hex = true,
        enum = "Reply",
      },
      {
        name = "request",
        abbr = "control.request",
        title = "Request",
        offset = 21,
        width = 1,
        shape = "number",
        hex = true,
        enum = "Request",
      },
      {
        name = "inner_seq",
        abbr = "control.inner_seq",
        title = "Inner seq",
        offset = 22,
        width = 2,
        shape = "number",
        meaning = "+1 per client request; answers echo it",
      },
      {
        name = "reserved_18",
        abbr = "control.reserved_18",
        title = "Reserved 18",
        offset = 24,
        width = 2,
        shape = "bytes",
      },
      {
        name = "token_request",
        abbr = "control.token_request",
        title = "Token request",
        offset = 26,
        width = 2,
        shape = "bytes",
        meaning = "chosen by the client at login",
      },
      {
        name = "token",
        abbr = "control.token",
        title = "Token",
        offset = 28,
        width = 4,
        shape = "bytes",
        meaning = "chosen by the radio in the login response",
      },
      {
        name = "reserved_20",
        abbr = "capabilities.reserved_20",
        title = "Reserved 20",
        offset = 32,
        width = 32,
        shape = "bytes",
      },
      {
        name = "radio_count",
        abbr = "capabilities.radio_count",
        title = "Radio count",
        offset = 64,
        width = 2,
        shape = "number",
        derived = "records",
      },
      {
        name = "radios",
        abbr = "capabilities.radios",
        title = "Radio record",
        offset = 66,
        shape = "records",
        size = 102,
        fields = {
          {
            name = "identity",
            abbr = "radio_record.identity",
            title = "Identity",
            offset = 0,
            width = 16,
            shape = "bytes",
            meaning = "MAC form or GUID; copied verbatim",
          },
          {
            name = "name",
            abbr = "radio_record.name",
            title = "Name",
            offset = 16,
            width = 32,
            shape = "text",
            meaning = "set by the owner: a label, not the model",
          },
          {
            name = "audio_name",
            abbr = "radio_record.audio_name",
            title = "Audio name",
            offset = 48,
            width = 32,
            shape = "text",
          },
          {
            name = "connection_type",
            abbr = "radio_record.connection_type",
            title = "Connection type",
            offset = 80,
            width = 2,
            shape = "bytes",
            meaning = "guess: RX and TX codec bits",
          },
          {
            name = "civ_address",
            abbr = "radio_record.civ_address",
            title = "Civ address",
            offset = 82,
            width = 1,
            shape = "number",
            hex = true,
          },
          {
            name = "rx_rates",
            abbr = "radio_record.rx_rates",
            title = "Rx rates",
            offset = 83,
            width = 2,
            shape = "number",
            meaning = "bit set, audio_formats.RATE_BITS",
            little = true,
            hex = true,
          },
          {
            name = "tx_rates",
            abbr = "radio_record.tx_rates",
            title = "Tx rates",
            offset = 85,
            width = 2,
            shape = "number",
            meaning = "bit set; 0 or 1: the client may not send audio",
            little = true,
            hex = true,
          },
          {
            name = "enable_a",
            abbr = "radio_record.enable_a",
            title = "Enable a",
            offset = 87,
            width = 1,
            shape = "number",
            meaning = "1: transmit audio supported (two clients)",
          },
          {
            name = "enable_b",
            abbr = "radio_record.enable_b",
            title = "Enable b",
            offset = 88,
            width = 1,
            shape = "number",
            meaning = "1 in all captures; meaning unknown",
          },
          {
            name = "enable_c",
            abbr = "radio_record.enable_c",
            title = "Enable c",
            offset = 89,
            width = 1,
            shape = "number",
            meaning = "1 in all captures; meaning unknown",
          },
          {
            name = "civ_baud",
            abbr = "radio_record.civ_baud",
            title = "Civ baud",
            offset = 90,
            width = 4,
            shape = "number",
          },
          {
            name = "unknown_5e",
            abbr = "radio_record.unknown_5e",
            title = "Unknown 5e",
            offset = 94,
            width = 2,
            shape = "bytes",
          },
          {
            name = "reserved_60",
            abbr = "radio_record.reserved_60",
            title = "Reserved 60",
            offset = 96,
            width = 1,
            shape = "bytes",
          },
          {
            name = "unknown_61",
            abbr = "radio_record.unknown_61",
            title = "Unknown 61",
            offset = 97,
            width = 2,
            shape = "bytes",
            meaning = "9001 IC-7610, B80B PC server",
          },
          {
            name = "reserved_63",
            abbr = "radio_record.reserved_63",
            title = "Reserved 63",
            offset = 99,
            width = 3,
            shape = "bytes",
          },
        },
      },
    },
  },
  {
    kind = "conn-info",
    title = "Conn info",
    type = 0,
    streams = { control = true },
    only = "control",
    sender = "radio",
    size = 144,
    step = 0,
    fixed = 144,
    marks = { { offset = 21, value = 0 } },
    length = "true",
    fields = {
      {
        name = "payload_size",
        abbr = "control.payload_size",
        title = "Payload size",
        offset = 16,
        width = 4,
        shape = "number",
        meaning = "datagram length less 0x10",
        derived = "body",
      },
      {
        name = "reply",
        abbr = "control.reply",
        title = "Reply",
        offset = 20,
        width = 1,
        shape = "number",
        hex = true,
        enum = "Reply",
      },
      {
        name = "request",
        abbr = "control.request",
        title = "Request",
        offset = 21,
        width = 1,
        shape = "number",
        hex = true,
        enum = "Request",
      },
      {
        name = "inner_seq",
        abbr = "control.inner_seq",
        title = "Inner seq",
        offset = 22,
        width = 2,
        shape = "number",
        meaning = "+1 per client request; answers echo it",
      },
      {
        name = "reserved_18",
        abbr = "control.reserved_18",
        title = "Reserved 18",
        offset = 24,
        width = 2,
        shape = "bytes",
      },
      {
        name = "token_request",
        abbr = "control.token_request",
        title = "Token request",
        offset = 26,
        width = 2,
        shape = "bytes",
        meaning = "chosen by the client at login",
      },
      {
        name = "token",
        abbr = "control.token",
        title = "Token",
        offset = 28,
        width = 4,
        shape = "bytes",
        meaning = "chosen by the radio in the login response",
      },
      {
        name = "identity",
        abbr = "conn_info.identity",
        title = "Identity",
        offset = 32,
        width = 16,
        shape = "bytes",
      },
      {
        name = "reserved_30",
        abbr = "conn_info.reserved_30",
        title = "Reserved 30",
        offset = 48,
        width = 16,
        shape = "bytes",
      },
      {
        name = "name",
        abbr = "conn_info.name",
        title = "Name",
        offset = 64,
        width = 32,
        shape = "text",
      },
      {
        name = "busy",
        abbr = "conn_info.busy",
        title = "Busy",
        offset = 96,
        width = 4,
        shape = "number",
        meaning = "0 free, 1 in use, 2 rig not available (wfserver)",
        little = true,
      },
      {
        name = "computer",
        abbr = "conn_info.computer",
        title = "Computer",
        offset = 100,
        width = 16,
        shape = "text",
        meaning = "client name of the user; may be empty",
      },
      {
        name = "reserved_74",
        abbr = "conn_info.reserved_74",
        title = "Reserved 74",
        offset = 116,
        width = 16,
        shape = "bytes",
      },
      {
        name = "ip_address",
        abbr = "conn_info.ip_address",
        title = "Ip address",
        offset = 132,
        width = 4,
        shape = "bytes",
        meaning = "IPv4 of the user; may be zero",
      },
      {
        name = "reserved_88",
        abbr = "conn_info.reserved_88",
        title = "Reserved 88",
        offset = 136,
        width = 8,
        shape = "bytes",
      },
    },
  },
  {
    kind = "stream-request",
    title = "Stream request",
    type = 0,
    streams = { control = true },
    only = "control",
    sender = "client",
    size = 144,
    step = 0,
    fixed = 144,
    marks = { { offset = 21, value = 3 } },
    length = "true",
    fields = {
      {
        name = "payload_size",
        abbr = "control.payload_size",
        title = "Payload size",
        offset = 16,
        width = 4,
        shape = "number",
        meaning = "datagram length less 0x10",
        derived = "body",
      },
      {
        name = "reply",
        abbr = "control.reply",
        title = "Reply",
        offset = 20,
        width = 1,
        shape = "number",
        hex = true,
        enum = "Reply",
      },
      {
        name = "request",
        abbr = "control.request",
        title = "Request",
        offset = 21,
        width = 1,
        shape = "number",
        hex = true,
        enum = "Request",
      },
      {
        name = "inner_seq",
        abbr = "control.inner_seq",
        title = "Inner seq",
        offset = 22,
        width = 2,
        shape = "number",
        meaning = "+1 per client request; answers echo it",
      },
      {
        name = "reserved_18",
        abbr = "control.reserved_18",
        title = "Reserved 18",
        offset = 24,
        width = 2,
        shape = "bytes",
      },
      {
        name = "token_request",
        abbr = "control.token_request",
        title = "Token request",
        offset = 26,
        width = 2,
        shape = "bytes",
        meaning = "chosen by the client at login",
      },
      {
        name = "token",
        abbr = "control.token",
        title = "Token",
        offset = 28,
        width = 4,
        shape = "bytes",
        meaning = "chosen by the radio in the login response",
      },
      {
        name = "identity",
        abbr = "stream_request.identity",
        title = "Identity",
        offset = 32,
        width = 16,
        shape = "bytes",
        meaning = "verbatim from the capabilities",
      },
      {
        name = "reserved_30",
        abbr = "stream_request.reserved_30",
        title = "Reserved 30",
        offset = 48,
        width = 16,
        shape = "bytes",
      },
      {
        name = "name",
        abbr = "stream_request.name",
        title = "Name",
        offset = 64,
        width = 32,
        shape = "text",
      },
      {
        name = "username",
        abbr = "stream_request.username",
        title = "Username",
        offset = 96,
        width = 16,
        shape = "text",
        meaning = "obfuscated: credentials.py",
        secret = true,
      },
      {
        name = "rx_enable",
        abbr = "stream_request.rx_enable",
        title = "Rx enable",
        offset = 112,
        width = 1,
        shape = "number",
      },
      {
        name = "tx_enable",
        abbr = "stream_request.tx_enable",
        title = "Tx enable",
        offset = 113,
        width = 1,
        shape = "number",
      },
      {
        name = "rx_codec",
        abbr = "stream_request.rx_codec",
        title = "Rx codec",
        offset = 114,
        width = 1,
        shape = "number",
        hex = true,
        enum = "Codec",
      },
      {
        name = "tx_codec",
        abbr = "stream_request.tx_codec",
        title = "Tx codec",
        offset = 115,
        width = 1,
        shape = "number",
        hex = true,
        enum = "Codec",
      },
      {
        name = "rx_rate_hz",
        abbr = "stream_request.rx_rate_hz",
        title = "Rx rate hz",
        offset = 116,
        width = 4,
        shape = "number",
      },
      {
        name = "tx_rate_hz",
        abbr = "stream_request.tx_rate_hz",
        title = "Tx rate hz",
        offset = 120,
        width = 4,
        shape = "number",
      },
      {
        name = "civ_port",
        abbr = "stream_request.civ_port",
        title = "Civ port",
        offset = 124,
        width = 4,
        shape = "number",
        meaning = "the client's local port",
      },
      {
        name = "audio_port",
        abbr = "stream_request.audio_port",
        title = "Audio port",
        offset = 128,
        width = 4,
        shape = "number",
        meaning = "the client's local port",
      },
      {
        name = "tx_buffer_ms",
        abbr = "stream_request.tx_buffer_ms",
        title = "Tx buffer ms",
        offset = 132,
        width = 4,
        shape = "number",
      },
      {
        name = "convert",
        abbr = "stream_request.convert",
        title = "Convert",
        offset = 136,
        width = 1,
        shape = "number",
        meaning = "1 in all captures; meaning unknown",
      },
      {
        name = "reserved_89",
        abbr = "stream_request.reserved_89",
        title = "Reserved 89",
        offset = 137,
        width = 7,
        shape = "bytes",
      },
    },
  },
  {
    kind = "status",
    title = "Status",
    type = 0,
    streams = { control = true },
    only = "control",
    sender = "radio",
    size = 80,
    step = 0,
    fixed = 80,
    marks = {},
    length = "true",
    fields = {
      {
        name = "payload_size",
        abbr = "control.payload_size",
        title = "Payload size",
        offset = 16,
        width = 4,
        shape = "number",
        meaning = "datagram length less 0x10",
        derived = "body",
      },
      {
        name = "reply",
        abbr = "control.reply",
        title = "Reply",
        offset = 20,
        width = 1,
        shape = "number",
        hex = true,
        enum = "Reply",
      },
      {
        name = "request",
        abbr = "control.request",
        title = "Request",
        offset = 21,
        width = 1,
        shape = "number",
        hex = true,
        enum = "Request",
      },
      {
        name = "inner_seq",
        abbr = "control.inner_seq",
        title = "Inner seq",
        offset = 22,
        width = 2,
        shape = "number",
        meaning = "+1 per client request; answers echo it",
      },
      {
        name = "reserved_18",
        abbr = "control.reserved_18",
        title = "Reserved 18",
        offset = 24,
        width = 2,
        shape = "bytes",
      },
      {
        name = "token_request",
        abbr = "control.token_request",
        title = "Token request",
        offset = 26,
        width = 2,
        shape = "bytes",
        meaning = "chosen by the client at login",
      },
      {
        name = "token",
        abbr = "control.token",
        title = "Token",
        offset = 28,
        width = 4,
        shape = "bytes",
        meaning = "chosen by the radio in the login response",
      },
      {
        name = "identity",
        abbr = "status.identity",
        title = "Identity",
        offset = 32,
        width = 16,
        shape = "bytes",
      },
      {
        name = "error",
        abbr = "status.error",
        title = "Error",
        offset = 48,
        width = 4,
        shape = "bytes",
        meaning = "codes.STATUS_OK, _REFUSED or _BUSY",
        words = { ["00000000"] = "ok", ffffffff = "refused", fffffffd = "busy" },
      },
      {
        name = "reserved_34",
        abbr = "status.reserved_34",
        title = "Reserved 34",
        offset = 52,
        width = 12,
        shape = "bytes",
      },
      {
        name = "disconnected",
        abbr = "status.disconnected",
        title = "Disconnected",
        offset = 64,
        width = 1,
        shape = "number",
        meaning = "1 with error 0: the radio closed the streams",
      },
      {
        name = "reserved_41",
        abbr = "status.reserved_41",
        title = "Reserved 41",
        offset = 65,
        width = 1,
        shape = "bytes",
      },
      {
        name = "civ_port",
        abbr = "status.civ_port",
        title = "Civ port",
        offset = 66,
        width = 2,
        shape = "number",
      },
      {
        name = "reserved_44",
        abbr = "status.reserved_44",
        title = "Reserved 44",
        offset = 68,
        width = 2,
        shape = "bytes",
      },
      {
        name = "audio_port",
        abbr = "status.audio_port",
        title = "Audio port",
        offset = 70,
        width = 2,
        shape = "number",
      },
      {
        name = "reserved_48",
        abbr = "status.reserved_48",
        title = "Reserved 48",
        offset = 72,
        width = 8,
        shape = "bytes",
      },
    },
  },
  {
    kind = "civ-data",
    title = "Civ data",
    type = 0,
    streams = { civ = true },
    only = "civ",
    size = 21,
    step = 1,
    fixed = 21,
    marks = { { offset = 16, value = 193 } },
    length = "true",
    fields = {
      {
        name = "kind",
        abbr = "civ_data.kind",
        title = "Kind",
        offset = 16,
        width = 1,
        shape = "number",
        hex = true,
        enum = "CivKind",
      },
      {
        name = "data_length",
        abbr = "civ_data.data_length",
        title = "Data length",
        offset = 17,
        width = 2,
        shape = "number",
        little = true,
        derived = "rest",
      },
      {
        name = "inner_seq",
        abbr = "civ_data.inner_seq",
        title = "Inner seq",
        offset = 19,
        width = 2,
        shape = "number",
      },
      {
        name = "data",
        abbr = "civ_data.data",
        title = "Data",
        offset = 21,
        shape = "rest",
      },
    },
  },
  {
    kind = "audio-data",
    title = "Audio data",
    type = 0,
    streams = { audio = true },
    only = "audio",
    size = 24,
    step = 1,
    fixed = 24,
    marks = {},
    length = "true",
    fields = {
      {
        name = "ident",
        abbr = "audio_data.ident",
        title = "Ident",
        offset = 16,
        width = 2,
        shape = "number",
        meaning = "0x8000 from clients; 0x0100 set: a block starts (8.4)",
        hex = true,
      },
      {
        name = "send_seq",
        abbr = "audio_data.send_seq",
        title = "Send seq",
        offset = 18,
        width = 2,
        shape = "number",
        meaning = "+1 per audio datagram",
      },
      {
        name = "reserved_14",
        abbr = "audio_data.reserved_14",
        title = "Reserved 14",
        offset = 20,
        width = 2,
        shape = "number",
      },
      {
        name = "data_length",
        abbr = "audio_data.data_length",
        title = "Data length",
        offset = 22,
        width = 2,
        shape = "number",
        derived = "rest",
      },
      {
        name = "data",
        abbr = "audio_data.data",
        title = "Data",
        offset = 24,
        shape = "rest",
      },
    },
  },
  {
    kind = "civ-open-close",
    title = "Civ open close",
    type = 0,
    streams = { civ = true, audio = true },
    sender = "client",
    size = 22,
    step = 0,
    fixed = 22,
    marks = { { offset = 16, value = 192 }, { offset = 17, value = 192 } },
    length = "true",
    fields = {
      {
        name = "kind",
        abbr = "civ_open_close.kind",
        title = "Kind",
        offset = 16,
        width = 1,
        shape = "number",
        hex = true,
        enum = "CivKind",
      },
      {
        name = "data_length",
        abbr = "civ_open_close.data_length",
        title = "Data length",
        offset = 17,
        width = 2,
        shape = "number",
        little = true,
      },
      {
        name = "inner_seq",
        abbr = "civ_open_close.inner_seq",
        title = "Inner seq",
        offset = 19,
        width = 2,
        shape = "number",
        meaning = "shares its counter with CivData",
      },
      {
        name = "action",
        abbr = "civ_open_close.action",
        title = "Action",
        offset = 21,
        width = 1,
        shape = "number",
        meaning = "0x04 or 0x05 open, 0x00 close",
        hex = true,
      },
    },
  },
}

local PORTS = { [50001] = "control", [50002] = "civ", [50003] = "audio" }

local SENDER_BY_REPLY = { [1] = "client", [2] = "radio" }

local CIV_BODY_MAX = 1024

local CIV_PARTIAL_HOLD_S = 0.2

local CIV_MODES = {
  [0] = "LSB",
  [1] = "USB",
  [2] = "AM",
  [3] = "CW",
  [4] = "RTTY",
  [5] = "FM",
  [6] = "WFM",
  [7] = "CW_R",
  [8] = "RTTY_R",
  [17] = "S_AM_D",
  [18] = "PSK",
  [19] = "PSK_R",
  [20] = "S_AM_L",
  [21] = "S_AM_U",
  [22] = "P25",
  [23] = "DV",
  [24] = "DPMR",
  [25] = "NXDN_VN",
  [32] = "NXDN_N",
  [33] = "DCR",
  [34] = "DD",
  [35] = "ATV",
}

local CIV_NAMES = {
  ["00"] = "a frequency as radios tell it: taken, not answered",
  ["01"] = "a mode as radios tell it: taken, not answered",
  ["02"] = "edges of the band the dial is in",
  ["03"] = "operating frequency",
  ["04"] = "operating mode and filter",
  ["05"] = "set the operating frequency",
  ["06"] = "set the operating mode, with a filter or its last one",
  ["07"] = "leave memory mode",
  ["0700"] = "select VFO A",
  ["0701"] = "select VFO B",
  ["07a0"] = "copy the selected VFO to the other",
  ["07b0"] = "exchange A and B, or MAIN and SUB",
  ["07b1"] = "make SUB like MAIN",
  ["07c0"] = "dual watch off",
  ["07c1"] = "dual watch on",
  ["07c2"] = "dual watch",
  ["07d0"] = "select MAIN",
  ["07d1"] = "select SUB",
  ["07d2"] = "which of MAIN and SUB is selected",
  ["08"] = "memory mode; choose a channel",
  ["08a0"] = "choose a group of channels",
  ["09"] = "write what is displayed to the channel",
  ["0a"] = "copy the channel to the VFO",
  ["0b"] = "clear the channel",
  ["0c"] = "duplex offset",
  ["0d"] = "set the duplex offset",
  ["0e"] = "start, stop and set a scan (state only: no dial moves)",
  ["0f"] = "split, and duplex where the radio has it",
  ["10"] = "tuning step",
  ["11"] = "attenuator",
  ["12"] = "antenna",
  ["13"] = "speech (acknowledged, and nobody speaks)",
  ["1401"] = "AF gain",
  ["1402"] = "RF gain",
  ["1403"] = "squelch",
  ["1405"] = "APF level",
  ["1406"] = "NR level",
  ["1407"] = "twin PBT, inner",
  ["1408"] = "twin PBT, outer",
  ["1409"] = "CW pitch",
  ["140a"] = "RF power",
  ["140b"] = "microphone gain",
  ["140c"] = "key speed",
  ["140d"] = "position of the manual notch",
  ["140e"] = "compressor level",
  ["140f"] = "break-in delay",
  ["1412"] = "NB level",
  ["1413"] = "DIGI-SEL shift",
  ["1414"] = "drive gain",
  ["1415"] = "monitor level",
  ["1416"] = "VOX gain",
  ["1417"] = "anti-VOX gain",
  ["1419"] = "backlight",
  ["1501"] = "squelch of the S-meter is open",
  ["1502"] = "S-meter",
  ["1503"] = "absolute level",
  ["1504"] = "FM centre meter",
  ["1505"] = "any squelch is open",
  ["1506"] = "S-AM is synchronous",
  ["1507"] = "overflow",
  ["1511"] = "output power",
  ["1512"] = "SWR",
  ["1513"] = "ALC",
  ["1514"] = "compression",
  ["1515"] = "supply voltage",
  ["1516"] = "drain current",
  ["1602"] = "preamplifier",
  ["1612"] = "AGC",
  ["1622"] = "noise blanker",
  ["1632"] = "audio peak filter",
  ["1640"] = "noise reduction",
  ["1641"] = "automatic notch",
  ["1642"] = "repeater tone",
  ["1643"] = "tone squelch",
  ["1644"] = "speech compressor",
  ["1645"] = "monitor",
  ["1646"] = "VOX",
  ["1647"] = "break-in",
  ["1648"] = "manual notch",
  ["164a"] = "AFC",
  ["164b"] = "DTCS",
  ["164c"] = "voice squelch",
  ["164e"] = "DIGI-SEL",
  ["164f"] = "twin peak filter",
  ["1650"] = "dial lock",
  ["1653"] = "receive antenna",
  ["1655"] = "roofing filter",
  ["1656"] = "shape of the IF filter",
  ["1657"] = "width of the manual notch",
  ["1658"] = "SSB transmit bandwidth",
  ["1659"] = "SUB band on",
  ["165a"] = "satellite mode",
  ["165b"] = "DV squelch",
  ["165c"] = "GPS data with DV",
  ["165d"] = "tone squelch type",
  ["165e"] = "MAIN and SUB track",
  ["1665"] = "IP+",
  ["1666"] = "transmit inhibit",
  ["1667"] = "digital predistortion",
  ["17"] = "send CW",
  ["18"] = "power off and on",
  ["1900"] = "model",
  ["1a00"] = "contents of a memory channel",
  ["1a01"] = "band stacking register",
  ["1a03"] = "filter width",
  ["1a04"] = "AGC time constant",
  ["1a05"] = "menu settings",
  ["1a06"] = "DATA mode and filter",
  ["1a07"] = "IP+",
  ["1a08"] = "supply voltage",
  ["1a09"] = "AF mute; on an IC-705 overflow",
  ["1a0a"] = "overflow of one receiver",
  ["1b00"] = "repeater tone",
  ["1b01"] = "squelch tone",
  ["1b02"] = "DTCS code and polarity",
  ["1b07"] = "DV code squelch",
  ["1c00"] = "PTT, and whether it transmits",
  ["1c01"] = "antenna tuner",
  ["1c02"] = "monitor the transmit frequency",
  ["1c03"] = "transmit frequency",
  ["1c04"] = "CI-V output for antenna equipment",
  ["1e00"] = "how many bands it transmits in",
  ["1e01"] = "edges of a transmit band",
  ["1e02"] = "how many edges the user has set",
  ["1e03"] = "transmit edges of the user",
  ["2100"] = "offset of RIT and delta-TX",
  ["2101"] = "RIT",
  ["2102"] = "delta-TX",
  ["2300"] = "position (none: there are no satellites here)",
  ["2301"] = "source of the position",
  ["25"] = "frequency of a VFO",
  ["26"] = "mode, DATA and filter of a VFO",
  ["2710"] = "scope on",
  ["2711"] = "scope waveforms to this connection",
  ["2712"] = "whose scope it is",
  ["2713"] = "one scope or two",
  ["2714"] = "scope mode",
  ["2715"] = "scope span",
  ["2716"] = "which fixed edges",
  ["2717"] = "scope hold",
  ["2718"] = "scope attenuator",
  ["2719"] = "scope reference level",
  ["271a"] = "sweep speed",
  ["271b"] = "scope while transmitting",
  ["271c"] = "what the scope's centre is",
  ["271d"] = "video bandwidth",
  ["271e"] = "fixed edges of a range",
  ["271f"] = "resolution bandwidth",
  ["2800"] = "voice memory",
  ["29"] = "prefix: a command for MAIN or SUB",
  ["1418"] = "display contrast",
  ["1a02"] = "texts of the memory keyer",
  ["1f"] = "D-STAR call signs",
  ["20"] = "D-STAR messages received",
  ["22"] = "D-STAR data",
  ["24"] = "settings of transmit data",
  ["2720"] = "marker of the scope",
  ["2700"] = "scope waveform",
}

local CIV_COMMANDS = {
  [0] = "a frequency as radios tell it: taken, not answered",
  [1] = "a mode as radios tell it: taken, not answered",
  [2] = "edges of the band the dial is in",
  [3] = "operating frequency",
  [4] = "operating mode and filter",
  [5] = "set the operating frequency",
  [6] = "set the operating mode, with a filter or its last one",
  [7] = "leave memory mode",
  [8] = "memory mode; choose a channel",
  [9] = "write what is displayed to the channel",
  [10] = "copy the channel to the VFO",
  [11] = "clear the channel",
  [12] = "duplex offset",
  [13] = "set the duplex offset",
  [14] = "start, stop and set a scan (state only: no dial moves)",
  [15] = "split, and duplex where the radio has it",
  [16] = "tuning step",
  [17] = "attenuator",
  [18] = "antenna",
  [19] = "speech (acknowledged, and nobody speaks)",
  [20] = "levels",
  [21] = "meters",
  [22] = "functions",
  [23] = "send CW",
  [24] = "power off and on",
  [25] = "model",
  [26] = "settings and memories",
  [27] = "tones",
  [28] = "transmitter",
  [30] = "transmit bands",
  [31] = "D-STAR call signs",
  [32] = "D-STAR messages received",
  [33] = "RIT and delta-TX",
  [34] = "D-STAR data",
  [35] = "position",
  [36] = "settings of transmit data",
  [37] = "frequency of a VFO",
  [38] = "mode, DATA and filter of a VFO",
  [39] = "scope",
  [40] = "voice memory",
  [41] = "prefix: a command for MAIN or SUB",
  [250] = "NG",
  [251] = "OK",
}

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
