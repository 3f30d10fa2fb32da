#include "answer_stream.hpp"

#include "connection.hpp"
#include "json_writer.hpp"

namespace gateway {

namespace {

constexpr auto heartbeat_interval = std::chrono::seconds(15);

}  // namespace

std::string answer_event(std::string_view event, std::string_view json) {
    return "event: " + std::string(event) + "\ndata: " + std::string(json) + "\n\n";
}

std::string token_event(std::string_view text) {
    JsonWriter out;
    out.begin_object().key("delta").string(text).end_object();
    return answer_event("token", out.take());
}

void AnswerStream::add(std::string_view text) {
    {
        const std::lock_guard lock(mutex_);
        text_ += text;
    }
    wake_();
}

void AnswerStream::end(std::string_view event, std::string json) {
    {
        const std::lock_guard lock(mutex_);
        last_ = answer_event(event, json);
        ended_ = true;
    }
    wake_();
}

AnswerStream::Part AnswerStream::take() {
    const std::lock_guard lock(mutex_);
    Part part;
    if (!text_.empty()) part.bytes = token_event(std::exchange(text_, {}));
    if (ended_ && !std::exchange(told_, true)) {
        part.bytes += last_;
        part.last = true;
    }
    return part;
}

void AnswerStreams::admit(Connection &connection, std::shared_ptr<AnswerStream> stream) {
    streams_.insert_or_assign(&connection,
                              Reader{std::move(stream), Clock::now() + heartbeat_interval});
}

std::vector<AnswerStreams::Message> AnswerStreams::due(Clock::time_point now) {
    std::vector<Message> messages;
    for (auto &[connection, reader] : streams_) {
        if (!connection->listens()) continue;
        auto part = reader.stream->take();
        if (part.bytes.empty()) {
            if (reader.next_beat > now) continue;
            part.bytes = ":\n\n";
        }
        reader.next_beat = now + heartbeat_interval;
        messages.push_back({connection, std::move(part.bytes), part.last});
    }
    return messages;
}

}  // namespace gateway
