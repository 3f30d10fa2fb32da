#include "worker.hpp"

#include "access_log.hpp"
#include "application.hpp"
#include "text.hpp"

namespace gateway {

namespace {

using Clock = std::chrono::steady_clock;

// Who has waited this long for a worker has most likely given up.
constexpr auto longest_wait = std::chrono::seconds(10);

Answer answer_job(const Job &job, const Config &config, Database &database,
                  std::string_view request_id) {
    if (job.refusal) return refusal(*job.refusal, job.request.head, config, request_id);
    if (Clock::now() - job.request.arrived > longest_wait)
        return refusal(Problem::of_sqlstate("53400", "too many requests are waiting"),
                       job.request.head, config, request_id);
    return answer(job.request, config, database, request_id);
}

}  // namespace

void work(const Config &config, JobQueue &jobs, CompletionQueue &completions) {
    Database database;
    HttpEngine engine;
    while (auto job = jobs.pop()) {
        const auto request_id = random_hex(12);
        Answer answered;
        std::string sqlstate;
        AccessLine line{};
        auto outgoing = engine.process(job->request.head, request_id, job->close, [&]() -> Reply {
            answered = answer_job(*job, config, database, request_id);
            line.status = answered.reply.status;
            sqlstate = answered.reply.sqlstate;
            return std::move(answered.reply);
        });
        line.request_id = request_id;
        line.method = "-";
        if (!job->request.head.method.empty()) line.method = job->request.head.method;
        line.route = answered.route;
        line.sqlstate = sqlstate;
        line.bytes = outgoing.body.size();
        line.duration = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() -
                                                                              job->request.arrived);

        // Most answers fit into the socket at once; the front need not wake first.
        if (!send_some(job->socket, outgoing)) outgoing.close = true;
        completions.push(job->connection, std::move(outgoing));
        log_access(line);
    }
}

}  // namespace gateway
