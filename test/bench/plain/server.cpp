// What cpp-httplib alone does, with its own listener and no database: a GET is answered with a
// page of messages that was written beforehand, a POST with its own body, read and written again.
// A thread for each connection, so that none of them waits for another.
#include <cstdlib>
#include <string>

#include <httplib.h>
#include <nlohmann/json.hpp>

int main(int argc, char **argv) {
    if (argc != 4) return 2;  // PORT MESSAGES CONTENT
    const nlohmann::json message = {{"role", "user"}, {"content", argv[3]}};
    const std::string page =
        nlohmann::json{{"messages", nlohmann::json::array()}, {"has_more", true}}.dump();
    std::string list = page.substr(0, page.find(']'));
    for (int i = 0; i < std::atoi(argv[2]); ++i) list += (i > 0 ? "," : "") + message.dump();
    list += page.substr(page.find(']'));

    httplib::Server server;
    server.new_task_queue = [] { return new httplib::ThreadPool(72); };
    server.set_tcp_nodelay(true);
    server.set_keep_alive_max_count(100'000'000);
    server.Get("/conversations/([^/]+)/messages",
               [&](const httplib::Request &, httplib::Response &response) {
                   response.set_content(list, "application/json");
               });
    server.Post("/conversations/([^/]+)/messages", [](const httplib::Request &request,
                                                      httplib::Response &response) {
        response.status = 201;
        response.set_content(nlohmann::json::parse(request.body).dump(), "application/json");
    });
    return server.listen("127.0.0.1", std::atoi(argv[1])) ? 0 : 1;
}
