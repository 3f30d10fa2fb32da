#include "backend_call.hpp"

#include <algorithm>

#include "json.hpp"
#include "json_writer.hpp"
#include "problem.hpp"
#include "text.hpp"
#include "url_reader.hpp"

namespace gateway {

namespace {

// Around an answer, whole or in events, there is so much more: escapes, ids, counts of tokens.
constexpr std::size_t wrapping = 16;
constexpr std::size_t longest_line = std::size_t{16} << 20;

// choices[0], of which there must be one.
const Json *choice_of(const Json &json) {
    const auto *choices = json.find("choices");
    if (!choices || !choices->is(Json::Kind::array) || choices->children.empty()) return nullptr;
    return &choices->children.front();
}

void take_model(const Json &json, std::string &model) {
    if (auto name = json.string_if("model"); name && !name->empty() && name->size() <= 200)
        model = std::move(*name);
}

}  // namespace

std::string request_body(const Backend &backend, std::string_view messages, bool by_tokens) {
    JsonWriter out(messages.size() + 256);
    out.begin_object();
    out.key("model").string(backend.model);
    out.key("messages").raw(messages);
    out.key("stream").boolean(by_tokens);
    auto text = out.take();
    if (!backend.options.empty()) text += "," + backend.options;
    return text + "}";
}

bool TokenReader::read(std::string_view bytes, std::string &answer, std::string &model) {
    while (!bytes.empty()) {
        const auto end = bytes.find('\n');
        line_ += bytes.substr(0, end);
        if (line_.size() > longest_line) return false;
        if (end == bytes.npos) return true;
        bytes.remove_prefix(end + 1);
        const auto line = std::exchange(line_, {});
        if (!take_line(strip(line), answer, model)) return false;
    }
    return true;
}

bool TokenReader::take_line(std::string_view line, std::string &answer, std::string &model) {
    if (line.empty() || line.starts_with(':') || line.starts_with("event:") ||
        line.starts_with("id:") || line.starts_with("retry:"))
        return true;
    if (!line.starts_with("data:")) return false;
    const auto data = strip(line.substr(5));
    if (data == "[DONE]") {
        done_ = true;
        return true;
    }
    if (done_) return true;
    try {
        const auto json = parse_json_object(data);
        if (const auto *error = json.find("error"); error && !error->is(Json::Kind::null))
            return false;
        take_model(json, model);
        const auto *choice = choice_of(json);
        if (!choice) return true;  // counts of tokens come in an event without one
        if (const auto *delta = choice->find("delta"))
            answer += delta->string_if("content").value_or("");
        if (const auto reason = choice->string_if("finish_reason"); reason && !reason->empty())
            done_ = true;
        return true;
    } catch (const Problem &) {
        return false;
    }
}

BackendCall::BackendCall(const Backend &backend, std::string body, std::size_t answer_bytes,
                         std::shared_ptr<AnswerStream> reader, std::chrono::milliseconds left)
    : body_(std::move(body)),
      answer_bytes_(answer_bytes),
      reader_(std::move(reader)),
      handle_(curl_easy_init()),
      model_(backend.model) {
    if (!handle_) throw std::bad_alloc();
    const auto add = [this](const std::string &line) {
        auto *longer = curl_slist_append(headers_.get(), line.c_str());
        if (!longer) throw std::bad_alloc();
        static_cast<void>(headers_.release());
        headers_.reset(longer);
    };
    add("Content-Type: application/json");
    add(reader_ ? "Accept: text/event-stream" : "Accept: application/json");
    add("Expect:");  // a body of some kilobytes is not asked for twice
    if (!backend.key.empty()) add("Authorization: Bearer " + backend.key);
    const auto set = [this](CURLoption option, auto value) {
        curl_easy_setopt(handle_.get(), option, value);
    };
    const auto limit = std::max(std::min(backend.total_limit, left), std::chrono::milliseconds(1));
    set(CURLOPT_URL, backend.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, backend.plain ? "http" : "https");
    if (is_loopback(backend.url)) set(CURLOPT_PROXY, "");
    set(CURLOPT_HTTPHEADER, headers_.get());
    set(CURLOPT_USERAGENT, "vvault-gateway");
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body_.size()));
    set(CURLOPT_POSTFIELDS, body_.c_str());
    set(CURLOPT_FOLLOWLOCATION, 0L);  // the key is for this server and no other
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_CONNECTTIMEOUT_MS,
        static_cast<long>(std::min(backend.connect_limit, limit).count()));
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(limit.count()));
    set(CURLOPT_WRITEFUNCTION, take);
    set(CURLOPT_WRITEDATA, this);
}

std::size_t BackendCall::take(char *data, std::size_t size, std::size_t count, void *self) {
    const auto bytes = size * count;
    return static_cast<BackendCall *>(self)->take_some({data, bytes}) ? bytes : 0;
}

// False ends the transfer.
bool BackendCall::take_some(std::string_view bytes) {
    long status = 0;
    curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) return false;  // the status says it all
    count_ += bytes.size();
    if (!reader_) {
        if (count_ > answer_bytes_ * wrapping) refusal_ = "too-large";
        if (refusal_.empty()) received_ += bytes;
        return refusal_.empty();
    }
    const auto before = answer_.size();
    if (!tokens_.read(bytes, answer_, model_)) refusal_ = "malformed";
    if (answer_.size() > answer_bytes_) {
        refusal_ = "too-large";
        answer_.resize(answer_bytes_);
        // Not in the middle of a character.
        while (!answer_.empty() && !valid_utf8(answer_)) answer_.pop_back();
    }
    if (answer_.size() > before) reader_->add(std::string_view(answer_).substr(before));
    return refusal_.empty();
}

std::string BackendCall::error_of(CURLcode code) const {
    if (!refusal_.empty()) return refusal_;
    long status = 0;
    curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status != 0 && status != 200) return "http-" + std::to_string(status);
    double connected = 0;
    curl_easy_getinfo(handle_.get(), CURLINFO_PRETRANSFER_TIME, &connected);
    switch (code) {
        case CURLE_OK:
            return {};
        case CURLE_OPERATION_TIMEDOUT:
            return connected > 0 ? "timeout" : "unreachable";
        case CURLE_COULDNT_CONNECT:
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_COULDNT_RESOLVE_PROXY:
            return "unreachable";
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CERTPROBLEM:
        case CURLE_SSL_CACERT_BADFILE:
            return "tls";
        case CURLE_ABORTED_BY_CALLBACK:
            return "stopped";
        default:
            return status == 200 || connected > 0 ? "cut" : "unreachable";
    }
}

void BackendCall::read_whole(Result &result) const {
    try {
        const auto json = parse_json_object(received_);
        const auto *choice = choice_of(json);
        const auto *message = choice ? choice->find("message") : nullptr;
        if (!message) {
            result.error_class = "malformed";
            return;
        }
        result.answer = message->string_if("content").value_or("");
        take_model(json, result.model);
    } catch (const Problem &) {
        result.error_class = "malformed";
    }
    if (result.answer.size() > answer_bytes_) {
        result.answer.clear();
        result.error_class = "too-large";
    }
}

BackendCall::Result BackendCall::finish(CURLcode code) {
    Result result{.error_class = error_of(code), .answer = {}, .model = model_};
    if (reader_) {
        result.answer = answer_;
        if (result.error_class.empty() && !tokens_.done())
            result.error_class = count_ > 0 && answer_.empty() ? "malformed" : "cut";
    } else if (result.error_class.empty()) {
        read_whole(result);
    }
    if (result.error_class.empty() && strip(result.answer).empty()) result.error_class = "empty";
    if (strip(result.answer).empty()) result.answer.clear();
    return result;
}

}  // namespace gateway
