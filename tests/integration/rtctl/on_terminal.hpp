// SPDX-License-Identifier: Apache-2.0
// A program under a pty of the test's own: what a user types, and what the screen shows.
#pragma once

#include "support/rtctl.hpp"

#include <gtest/gtest.h>

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

// A program on a terminal of its own.
class OnTerminal {
public:
    explicit OnTerminal(const std::vector<std::string>& arguments) {
        winsize size{24, 80, 0, 0};
        pid_ = ::forkpty(&master_, nullptr, nullptr, &size);
        if (pid_ == 0) {
            std::vector<char*> words;
            for (const auto& word : arguments) words.push_back(const_cast<char*>(word.c_str()));
            words.push_back(nullptr);
            ::execv(words[0], words.data());
            ::_exit(255);
        }
    }
    OnTerminal(const OnTerminal&) = delete;
    OnTerminal& operator=(const OnTerminal&) = delete;
    ~OnTerminal() {
        if (pid_ > 0) ::kill(pid_, SIGKILL), ::waitpid(pid_, nullptr, 0);
        ::close(master_);
    }
    void type(const std::string& text) const {
        ASSERT_EQ(::write(master_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    }
    void resize(unsigned short rows, unsigned short columns) const {
        winsize size{rows, columns, 0, 0};
        ::ioctl(master_, TIOCSWINSZ, &size);
    }
    bool shows(const std::string& text) {
        return rt::test::eventually([&] {
            pollfd fd{master_, POLLIN, 0};
            char buffer[4096];
            while (::poll(&fd, 1, 0) > 0) {
                const ssize_t count = ::read(master_, buffer, sizeof buffer);
                if (count <= 0) break;
                screen_.append(buffer, static_cast<std::size_t>(count));
            }
            return screen_.find(text) != screen_.npos;
        });
    }
    int wait() {
        int status = 0;
        const bool ended = rt::test::eventually([&] {
            shows_more();
            return ::waitpid(pid_, &status, WNOHANG) == pid_;
        });
        if (ended) pid_ = 0;
        return ended ? WEXITSTATUS(status) : -1;
    }
    [[nodiscard]] pid_t pid() const { return pid_; }
    [[nodiscard]] const std::string& screen() const { return screen_; }

private:
    void shows_more() {
        pollfd fd{master_, POLLIN, 0};
        char buffer[4096];
        if (::poll(&fd, 1, 0) > 0)
            if (const ssize_t count = ::read(master_, buffer, sizeof buffer); count > 0)
                screen_.append(buffer, static_cast<std::size_t>(count));
    }
    int master_ = -1;
    pid_t pid_ = 0;
    std::string screen_;
};
