#include "http_engine.hpp"

#include <array>
#include <ctime>

#include <httplib.h>

#include "transfers.hpp"

namespace gateway {

namespace {

// The library reads its request from here and writes its answer here. Deriving
// is how it wants to be extended, here and below.
class MemoryStream final : public httplib::Stream {
public:
    explicit MemoryStream(std::string input) : input_(std::move(input)) {}

    bool is_readable() const override { return true; }
    bool is_writable() const override { return true; }
    ssize_t read(char *buffer, std::size_t size) override {
        const auto count = input_.copy(buffer, size, position_);
        position_ += count;
        return static_cast<ssize_t>(count);
    }
    ssize_t write(const char *data, std::size_t size) override {
        output.append(data, size);
        return static_cast<ssize_t>(size);
    }
    void get_remote_ip_and_port(std::string &, int &) const override {}
    void get_local_ip_and_port(std::string &, int &) const override {}
    socket_t socket() const override { return -1; }

    std::string output;

private:
    std::string input_;
    std::size_t position_ = 0;
};

// The same text for a second.
const std::string &http_date() {
    thread_local std::time_t written = -1;
    thread_local std::string date;
    const auto now = std::time(nullptr);
    if (now == written) return date;
    tm parts{};
    gmtime_r(&now, &parts);
    std::array<char, 40> text{};
    date.assign(text.data(),
                strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts));
    written = now;
    return date;
}

// Nothing from the client's headers goes in: 0.11 percent-decodes their values,
// honours Range on anything, and compresses by Accept-Encoding.
std::string reduced_head(const Head &head) {
    const bool known = !head.method.empty() && !head.target.empty();
    return (known ? head.method + " " + head.target : "GET /") +
           " HTTP/1.1\r\nHost: vvault\r\n\r\n";
}

bool has_no_body(int status) {
    return status == 204 || status == 304;
}

}  // namespace

class HttpEngine::Server final : public httplib::Server {
public:
    Server() {
        set_pre_routing_handler([this](const httplib::Request &, httplib::Response &response) {
            answer(response);
            return HandlerResponse::Handled;
        });
        set_post_routing_handler([this](const httplib::Request &, httplib::Response &response) {
            response.headers.erase("Keep-Alive");
            response.headers.erase("Accept-Ranges");  // the library's, not ours
            if (has_ranges_) response.set_header("Accept-Ranges", "bytes");
            if (has_no_body(response.status)) response.headers.erase("Content-Length");
            if (endless_) {  // its end is that of the connection
                response.headers.erase("Content-Length");
                response.headers.erase("Connection");
                response.set_header("Connection", "close");
            }
        });
        set_exception_handler([](const httplib::Request &, httplib::Response &response,
                                 const std::exception_ptr &) { response.status = 500; });
    }

    void process(MemoryStream &stream, bool close) {
        bool closed = false;
        process_request(stream, close, closed, nullptr);
    }

    const std::function<Reply()> *application = nullptr;
    const std::string *request_id = nullptr;
    std::string body;
    std::shared_ptr<Subscription> subscription;
    std::shared_ptr<Download> download;
    std::shared_ptr<AnswerStream> reading;

private:
    bool endless_ = false;
    bool has_ranges_ = false;

    void answer(httplib::Response &response) {
        auto reply = (*application)();
        endless_ = reply.subscription || reply.reading;
        response.status = reply.status;
        if (!reply.content_type.empty()) response.set_header("Content-Type", reply.content_type);
        bool has_cache_control = false;
        has_ranges_ = false;
        for (const auto &[name, value] : reply.headers) {
            has_ranges_ = has_ranges_ || name == "Accept-Ranges";
            response.set_header(name, value);
            has_cache_control = has_cache_control || name == "Cache-Control";
        }
        if (!has_cache_control) response.set_header("Cache-Control", "no-store");
        response.set_header("X-Content-Type-Options", "nosniff");
        response.set_header("X-Request-Id", *request_id);
        response.set_header("Date", http_date());
        // Said here, so that the library neither holds nor copies the body.
        response.set_header("Content-Length",
                            std::to_string(reply.length.value_or(reply.body.size())));
        body = std::move(reply.body);
        download = std::move(reply.download);
        subscription = std::move(reply.subscription);
        reading = std::move(reply.reading);
    }
};

HttpEngine::HttpEngine() : server_(std::make_unique<Server>()) {}
HttpEngine::~HttpEngine() = default;

Outgoing HttpEngine::process(const Head &head, const std::string &request_id, bool close,
                             const std::function<Reply()> &application) {
    MemoryStream stream(reduced_head(head));
    server_->application = &application;
    server_->request_id = &request_id;
    server_->body.clear();
    server_->process(stream, close);
    Outgoing outgoing{.head = std::move(stream.output), .body = std::move(server_->body)};
    outgoing.subscription = std::move(server_->subscription);
    outgoing.download = std::move(server_->download);
    outgoing.reading = std::move(server_->reading);
    if (head.method == "HEAD") {
        outgoing.body.clear();
        outgoing.download.reset();
    }
    outgoing.close = close && !outgoing.subscription && !outgoing.reading && !outgoing.download;
    if (outgoing.download) outgoing.download->close = close;
    return outgoing;
}

}  // namespace gateway
