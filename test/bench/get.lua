-- wrk: GET the last page of one conversation after the other.
local conversations = tonumber(os.getenv("BENCH_CONVERSATIONS"))
local number = 0

wrk.headers["Authorization"] = "Bearer " .. os.getenv("BENCH_TOKEN")

request = function()
    number = number + 1
    local path = "/conversations/bench-" .. (number % conversations + 1) ..
        "/messages?limit=" .. os.getenv("BENCH_LIMIT") .. "&order=desc"
    return wrk.format("GET", path)
end
