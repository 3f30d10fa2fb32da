#include "endpoint.hpp"

#include <charconv>
#include <memory>

#include <curl/curl.h>

#include "core/bytes.hpp"

namespace witness {

namespace {

constexpr std::size_t answer_limit = 16 * 1024;

std::size_t receive(char *bytes, std::size_t, std::size_t count, void *body) {
    auto &text = *static_cast<std::string *>(body);
    if (text.size() + count > answer_limit) return 0;
    text.append(bytes, count);
    return count;
}

std::optional<std::uint64_t> number_in(std::string_view text) {
    std::uint64_t number = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
    if (end.ec != std::errc{} || end.ptr == text.data()) return std::nullopt;
    return number;
}

std::string body_of(std::uint64_t old_size, const std::vector<vvault::Digest> &proof,
                    const std::string &note) {
    std::string body = "old " + std::to_string(old_size) + "\n";
    for (const auto &hash : proof) body += vvault::base64(hash) + "\n";
    return body + "\n" + note;
}

}  // namespace

Endpoint::Endpoint(std::string url, std::chrono::milliseconds timeout)
    : url_(std::move(url)), timeout_(timeout) {}

Endpoint::Answer Endpoint::send(const std::string &body) const {
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                   curl_easy_cleanup);
    Answer answer;
    if (!curl) return {0, {}, "no memory"};
    const auto timeout = static_cast<long>(timeout_.count());
    curl_easy_setopt(curl.get(), CURLOPT_URL, url_.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, timeout);
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer.body);
    const CURLcode code = curl_easy_perform(curl.get());
    if (code != CURLE_OK) answer.error = curl_easy_strerror(code);
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &answer.status);
    return answer;
}

std::optional<std::string> Endpoint::post(const std::string &note, std::uint64_t size,
                                          const ConsistencyProof &proof) {
    // The second time with the size that the other side says it has.
    for (int attempt = 0; attempt < 2; ++attempt) {
        const auto hashes =
            seen_ == 0 || seen_ == size ? std::vector<vvault::Digest>{} : proof(seen_, size);
        const Answer answer = send(body_of(seen_, hashes, note));
        if (!answer.error.empty()) return "the endpoint does not answer: " + answer.error;
        if (answer.status == 200) {
            seen_ = size;
            cosignature_ = answer.body;
            return std::nullopt;
        }
        const auto theirs = answer.status == 409 ? number_in(answer.body) : std::nullopt;
        if (!theirs) return "the endpoint answers " + std::to_string(answer.status);
        if (*theirs > size)
            return "the endpoint has seen a larger ledger, of " + std::to_string(*theirs);
        seen_ = *theirs;
    }
    return "the endpoint answers 409 and names a size that it then does not know";
}

}  // namespace witness
