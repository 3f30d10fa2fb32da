// The one place that knows cpp-httplib. Its listener is never used (it trusts
// too much and holds a thread a connection); its request parser and response
// writer run here over memory, on a head that our own framing check has passed
// and that is cut down to what they need.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "reply.hpp"
#include "request.hpp"

namespace gateway {

// What goes out on the socket. The body is not copied behind the head: it may be
// megabytes.
struct Outgoing {
    std::string head;
    std::string body;
    std::size_t sent = 0;
    bool close = false;
    // A stream that goes on behind this.
    std::shared_ptr<Subscription> subscription = {};
    // An answer that is read along behind this.
    std::shared_ptr<AnswerStream> reading = {};
    // The rest of the body.
    std::shared_ptr<Download> download = {};
    bool more = false;  // nothing goes out, the next part of the body is wanted

    std::size_t left() const { return head.size() + body.size() - sent; }
};

class HttpEngine {
public:
    HttpEngine();
    ~HttpEngine();

    // `application` is called once, from within the library's routing.
    Outgoing process(const Head &head, const std::string &request_id, bool close,
                     const std::function<Reply()> &application);

private:
    class Server;
    std::unique_ptr<Server> server_;
};

}  // namespace gateway
