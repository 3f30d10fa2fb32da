-- wrk: GET the last page of one conversation after the other. All requests are written
-- beforehand: what is measured is not the one who asks.
local conversations = tonumber(os.getenv("BENCH_CONVERSATIONS"))
local requests, number = {}, 0

wrk.headers["Authorization"] = "Bearer " .. os.getenv("BENCH_TOKEN")

init = function()
    for conversation = 1, conversations do
        requests[conversation] = wrk.format("GET", "/conversations/bench-" .. conversation ..
            "/messages?limit=" .. os.getenv("BENCH_LIMIT") .. "&order=desc")
    end
end

request = function()
    number = number + 1
    return requests[number % conversations + 1]
end

done = function(_, latency)
    io.write(string.format("percentiles %d %d\n", latency:percentile(50), latency:percentile(99)))
end
