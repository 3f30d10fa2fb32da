-- wrk: POST one message a request, round the conversations, each with a client id of its own.
local token = os.getenv("BENCH_TOKEN")
local content = os.getenv("BENCH_CONTENT")
local conversations = tonumber(os.getenv("BENCH_CONVERSATIONS"))
local run = os.getenv("BENCH_RUN")
local number = 0

wrk.method = "POST"
wrk.headers["Authorization"] = "Bearer " .. token
wrk.headers["Content-Type"] = "application/json"

request = function()
    number = number + 1
    local path = "/conversations/bench-" .. (number % conversations + 1) .. "/messages"
    local body = '{"role":"user","content":"' .. content .. '","client_id":"' .. run .. "-" ..
        number .. '"}'
    return wrk.format(nil, path, nil, body)
end
