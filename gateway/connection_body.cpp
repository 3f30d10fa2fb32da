// The body of a request as a connection receives it: whole, or of a large file the next part.
#include "connection.hpp"

namespace gateway {

namespace {

using std::chrono::seconds;

constexpr auto body_grace = seconds(30);
constexpr std::size_t slowest_body = std::size_t{64} << 10;  // bytes a second
// Less than this is taken even when all bodies together are at their limit.
constexpr std::size_t small_body = std::size_t{64} << 10;

Problem too_large(std::size_t limit) {
    return Problem::of_sqlstate("54000",
                                "the body is larger than " + std::to_string(limit) + " bytes");
}

}  // namespace

void Connection::begin_body() {
    const auto &head = request_.head;
    const auto length = head.content_length;
    const auto limit = body_limit(config_, head.method, head.path());
    const bool is_file = is_file_content(head.method, head.path());
    if (length > limit) throw too_large(limit);
    if (head.chunked && !is_file)
        throw Problem::of("length-required",
                          "Transfer-Encoding is not accepted here; send the body's length in "
                          "Content-Length");
    chunks_ = {};
    body_taken_ = 0;
    if (is_file && (head.chunked || length > upload_part_bytes)) {
        request_.upload = std::make_shared<Upload>(sweeper_);
        return next_part();
    }
    if (inflight_ + length > config_.max_inflight_bytes && length > small_body)
        throw Problem::of_sqlstate("53200", "too many large requests at once");
    set_deadline(body_grace + seconds(length / slowest_body));
}

void Connection::next_part() {
    // However large the file is: a client that keeps up keeps its place.
    set_deadline(body_grace + seconds(upload_part_bytes / slowest_body));
}

void Connection::take_chunks() {
    input_.erase(0, chunks_.take(input_, request_.body, upload_part_bytes));
    count(request_.body.size());
    const auto limit = body_limit(config_, request_.head.method, request_.head.path());
    if (body_taken_ + request_.body.size() > limit) throw too_large(limit);
}

bool Connection::body_is_whole() const {
    return request_.head.chunked ? chunks_.ended() : body_left_ == 0;
}

bool Connection::part_is_full() const {
    return request_.upload && request_.body.size() >= upload_part_bytes;
}

Connection::Step Connection::take_body() {
    try {
        if (request_.head.chunked) take_chunks();
    } catch (const Problem &problem) {
        refuse(problem);
        return Step::again;
    }
    if (!body_is_whole() && !part_is_full()) {
        if (inflight_ <= config_.max_inflight_bytes) return Step::wait;
        refuse(Problem::of_sqlstate("53200", "too many large requests at once"));
        return Step::again;
    }
    if (request_.upload) {
        request_.upload->last = body_is_whole();
        // Small after all.
        if (request_.upload->last && body_taken_ == 0) request_.upload.reset();
    }
    phase_ = Phase::ready;
    return Step::again;
}

}  // namespace gateway
