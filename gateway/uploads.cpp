#include "uploads.hpp"

#include <algorithm>

#include "statements.hpp"
#include "text.hpp"
#include "transfers.hpp"

namespace gateway {

namespace {

std::optional<std::string> announced_digest(const Head &head) {
    if (!head.has_field("x-content-sha256")) return std::nullopt;
    auto digest = lower(head.field("x-content-sha256"));
    if (digest.size() != 64 || digest.find_first_not_of("0123456789abcdef") != std::string::npos)
        throw Problem::of("bad-request", "X-Content-SHA256 must be 64 hexadecimal digits");
    return digest;
}

}  // namespace

std::optional<std::string> put_part(Exchange &exchange, const NewFile &file) {
    const auto digest = announced_digest(exchange.request.head);
    // One that came whole ends here too if it is refused.
    std::shared_ptr<Upload> upload = exchange.request.upload;
    if (!upload) {
        upload = std::make_shared<Upload>(exchange.service.uploads);
        upload->last = true;
    }
    // What is begun twice, because nobody heard that it had begun, expires once.
    if (upload->id.empty()) {
        const auto rows = exchange.run(
            {{&statements::begin_upload,
              {exchange.arguments[0], file.expected, file.media_type, file.encrypted}}},
            Repeat::safe);
        upload->token = exchange.token;
        upload->id = rows[0].text(0, 0);
    }
    const auto &body = exchange.request.body;
    const Call append{&statements::append_upload,
                      {upload->id, std::optional(upload->stored), Parameter::bytes(body)}};
    const Call finish{&statements::finish_upload, {upload->id, digest, file.metadata}};
    // Parts and the end may be repeated, and then change nothing.
    if (!upload->last) {
        exchange.run({append}, Repeat::safe);
        upload->stored += static_cast<std::int64_t>(body.size());
        return std::nullopt;
    }
    const auto rows = body.empty() ? exchange.run({finish}, Repeat::safe)
                                   : exchange.run({append, finish}, Repeat::safe);
    upload->finished = true;
    return std::string(rows.back().text(0, 0));
}

}  // namespace gateway
