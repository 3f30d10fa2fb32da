#include "sending.hpp"

#include <array>
#include <cerrno>

#include <sys/socket.h>
#include <sys/uio.h>

namespace gateway {

bool send_some(int socket, Outgoing &outgoing) {
    while (outgoing.left() > 0) {
        std::array<iovec, 2> parts{};
        std::size_t count = 0;
        auto skip = outgoing.sent;
        for (auto *part : {&outgoing.head, &outgoing.body}) {
            if (skip < part->size()) parts[count++] = {part->data() + skip, part->size() - skip};
            skip -= std::min(skip, part->size());
        }
        msghdr message{};
        message.msg_iov = parts.data();
        message.msg_iovlen = count;
        const auto sent = sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
        outgoing.sent += static_cast<std::size_t>(sent);
    }
    return true;
}

}  // namespace gateway
