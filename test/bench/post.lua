-- wrk: POST one message a request, round the conversations, each with a client id of its own, of
-- a fixed length: all but the id is written beforehand.
local conversations = tonumber(os.getenv("BENCH_CONVERSATIONS"))
local run = os.getenv("BENCH_RUN")
local heads, number, first = {}, 0, 10000000

wrk.headers["Authorization"] = "Bearer " .. os.getenv("BENCH_TOKEN")
wrk.headers["Content-Type"] = "application/json"

init = function()
    local body = '{"role":"user","content":"' .. os.getenv("BENCH_CONTENT") ..
        '","client_id":"' .. run .. "-"
    for conversation = 1, conversations do
        local whole = wrk.format("POST", "/conversations/bench-" .. conversation .. "/messages",
            nil, body .. first .. '"}')
        heads[conversation] = whole:sub(1, -11)
    end
end

request = function()
    number = number + 1
    return heads[number % conversations + 1] .. first + number .. '"}'
end

done = function(_, latency)
    io.write(string.format("percentiles %d %d\n", latency:percentile(50), latency:percentile(99)))
end
