// One attempt at one backend: an OpenAI-compatible call, whole or token by token. Nothing of what a
// backend says but the answer itself leaves this file: a failure is a word.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include <curl/curl.h>

#include "answer_stream.hpp"
#include "seat_settings.hpp"

namespace gateway {

// Token by token: the data of each event, as OpenAI writes them.
class TokenReader {
public:
    // Adds what came of the answer to `answer`. False where it is not what it should be.
    bool read(std::string_view bytes, std::string &answer, std::string &model);
    bool done() const { return done_; }

private:
    std::string line_;
    bool done_ = false;

    bool take_line(std::string_view line, std::string &answer, std::string &model);
};

class BackendCall {
public:
    // `reader` is null where the answer is wanted whole. `left` is what the question has left.
    BackendCall(const Backend &backend, std::string body, std::size_t answer_bytes,
                std::shared_ptr<AnswerStream> reader, std::chrono::milliseconds left);
    BackendCall(const BackendCall &) = delete;
    BackendCall &operator=(const BackendCall &) = delete;

    CURL *handle() const { return handle_.get(); }

    struct Result {
        std::string error_class;  // empty: it answered
        std::string answer;       // beside an error: what had come by then, token by token
        std::string model;
    };
    Result finish(CURLcode code);

private:
    struct Close {
        void operator()(CURL *handle) const { curl_easy_cleanup(handle); }
        void operator()(curl_slist *list) const { curl_slist_free_all(list); }
    };

    const std::string body_;
    const std::size_t answer_bytes_;
    const std::shared_ptr<AnswerStream> reader_;
    std::unique_ptr<curl_slist, Close> headers_;
    std::unique_ptr<CURL, Close> handle_;
    TokenReader tokens_;
    std::string received_;
    std::size_t count_ = 0;
    std::string answer_;
    std::string model_;
    std::string refusal_;  // ours, of what came

    static std::size_t take(char *data, std::size_t size, std::size_t count, void *self);
    bool take_some(std::string_view bytes);
    std::string error_of(CURLcode code) const;
    void read_whole(Result &result) const;
};

// What a backend is sent.
std::string request_body(const Backend &backend, std::string_view messages, bool by_tokens);

}  // namespace gateway
