// Every way a request can fail, and how the client hears of it. One table maps
// an SQLSTATE, or the slug of an error found before the database, to a status
// and a title. A Problem is thrown; application.cpp turns it into an answer.
#pragma once

#include <string>
#include <string_view>

#include "reply.hpp"

namespace gateway {

// The Chatty dialect is what the existing client speaks; it needs an outage to
// look different (see problem_reply) and some codes by name.
enum class Dialect { standard, chatty };

struct Problem {
    int status = 500;
    std::string slug;
    std::string title;
    std::string detail;        // one sentence for the reader; never another one's data
    std::string details = {};  // more of it, where the database gave more
    std::string sqlstate = {};
    std::string chatty_code = {};    // empty: the SQLSTATE, else the slug in capitals
    std::string allow = {};          // 405: the methods that exist
    std::string content_range = {};  // 416: how much there is
    int retry_after = 0;             // 429: seconds
    bool token_refused = false;      // 401: there was a token, and it is not valid

    static Problem of(std::string_view slug, std::string detail);
    static Problem of_sqlstate(std::string_view sqlstate, std::string detail = {});

    // Is it the database that cannot be reached, rather than a refusal by it?
    bool outage() const { return status == 503; }
};

// True for the SQLSTATEs that the extension raises with texts meant for people.
// All others may quote values and are answered with the title alone.
bool has_public_message(std::string_view sqlstate);

struct ProblemContext {
    Dialect dialect = Dialect::standard;
    std::string_view method;
    std::string_view request_id;
    int get_outage_status = 500;
};

// problem+json (RFC 9457) and the members the Chatty client reads, in one body.
Reply problem_reply(const Problem &problem, const ProblemContext &context);

}  // namespace gateway
