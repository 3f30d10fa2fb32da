#include "url_reader.hpp"

#include <algorithm>
#include <array>
#include <memory>

#include <curl/curl.h>

#include "text.hpp"

namespace gateway {

namespace {

constexpr std::size_t longest_body = std::size_t{256} << 10;
constexpr long longest_seconds = 10;
constexpr long connect_seconds = 5;

struct Close {
    void operator()(CURL *handle) const { curl_easy_cleanup(handle); }
    void operator()(curl_slist *list) const { curl_slist_free_all(list); }
};

std::size_t take_body(char *data, std::size_t size, std::size_t count, void *fetched) {
    auto &body = static_cast<Fetched *>(fetched)->body;
    if (body.size() + size * count > longest_body) return 0;  // ends the transfer
    body.append(data, size * count);
    return size * count;
}

std::optional<std::string> header(CURL *handle, const char *name) {
    curl_header *found = nullptr;
    if (curl_easy_header(handle, name, 0, CURLH_HEADER, -1, &found) != CURLHE_OK)
        return std::nullopt;
    return found->value;
}

// RFC 9111: what a cache in between has kept already is over.
std::optional<std::int64_t> freshness(CURL *handle) {
    const auto control = header(handle, "Cache-Control");
    if (!control) return std::nullopt;
    std::string_view list = *control;
    std::optional<std::int64_t> age;
    while (!list.empty()) {
        const auto comma = std::min(list.find(','), list.size());
        const auto word = lower(trim(list.substr(0, comma)));
        if (word == "no-store" || word == "no-cache") return 0;
        if (word.starts_with("max-age=")) age = parse_integer(std::string_view(word).substr(8));
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    if (!age) return std::nullopt;
    const auto kept = parse_integer(header(handle, "Age").value_or("0")).value_or(0);
    return std::clamp<std::int64_t>(*age - std::max<std::int64_t>(kept, 0), 0, 1 << 30);
}

}  // namespace

std::string Fetched::trouble() const {
    if (status != 0) return "answered " + std::to_string(status);
    return error.empty() ? "no answer" : error;
}

bool is_loopback(const std::string &url) {
    for (const std::string host : {"http://localhost", "http://127.0.0.1", "http://[::1]"})
        if (url.starts_with(host) &&
            (url.size() == host.size() || url[host.size()] == ':' || url[host.size()] == '/'))
            return url.find('@') == url.npos;
    return false;
}

bool readable_url(const std::string &url) {
    return (url.starts_with("https://") && url.size() > 8) || is_loopback(url);
}

Fetched read_url(const std::string &url, const std::string &etag) {
    Fetched fetched;
    const std::unique_ptr<CURL, Close> handle(curl_easy_init());
    if (!handle || !readable_url(url)) {
        fetched.error = "this URL is not read";
        return fetched;
    }
    std::unique_ptr<curl_slist, Close> headers(
        curl_slist_append(nullptr, "Accept: application/json"));
    if (!etag.empty()) {
        const std::string line = "If-None-Match: " + etag;
        headers.reset(curl_slist_append(headers.release(), line.c_str()));
    }
    std::array<char, CURL_ERROR_SIZE> error{};
    const auto set = [&](CURLoption option, auto value) {
        curl_easy_setopt(handle.get(), option, value);
    };
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_PROTOCOLS_STR, is_loopback(url) ? "http" : "https");
    if (is_loopback(url)) set(CURLOPT_PROXY, "");
    set(CURLOPT_HTTPHEADER, headers.get());
    set(CURLOPT_USERAGENT, "vvault-gateway");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_TIMEOUT, longest_seconds);
    set(CURLOPT_CONNECTTIMEOUT, connect_seconds);
    set(CURLOPT_MAXFILESIZE, static_cast<long>(longest_body));
    set(CURLOPT_WRITEFUNCTION, take_body);
    set(CURLOPT_WRITEDATA, &fetched);
    set(CURLOPT_ERRORBUFFER, error.data());
    const CURLcode code = curl_easy_perform(handle.get());
    if (code != CURLE_OK) {
        fetched.body.clear();
        fetched.error = error[0] != '\0' ? error.data() : curl_easy_strerror(code);
        return fetched;
    }
    curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &fetched.status);
    fetched.etag = header(handle.get(), "ETag");
    // What is no header value of one line would be sent back in one.
    if (fetched.etag &&
        (fetched.etag->size() > 200 || fetched.etag->find_first_of("\r\n") != std::string::npos))
        fetched.etag.reset();
    fetched.max_age = freshness(handle.get());
    return fetched;
}

}  // namespace gateway
