// SPDX-License-Identifier: Apache-2.0
// The shim's ends of a container's stdio: three pipes or a pty's master. Output is read in big pieces and
// given to the sink; what is to go in is kept until the container takes it. pause() stops reading: the
// container then blocks once its pipe is full. One thread.
#pragma once

#include "core/shim/client.hpp"
#include "event_loop.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>

namespace rt::shim {

// How long output may go on to come after its process has died, when others (in a shared pid namespace, or
// outside, who were passed the descriptor) keep its pipes open.
inline constexpr std::int64_t kOutputAfterDeath = 2'000'000'000; // ns

enum class StdinMode { closed, open };

class StdioRelay {
public:
    class Sink {
    public:
        virtual void on_output(Stream stream, std::string_view data) = 0;
        // bytes of `source` went in (or were thrown away: open is false then).
        virtual void on_stdin_taken(std::uint64_t source, std::size_t bytes) = 0;
        virtual void on_output_over() = 0; // both streams have ended

    protected:
        ~Sink() = default;
    };

    StdioRelay(EventLoop& loop, Sink& sink);

    // Makes pipes; container_ends() are for its first process (/dev/null as stdin when mode is closed).
    Result<void> open_pipes(StdinMode mode);
    [[nodiscard]] std::array<int, 3> container_ends() const;
    void close_container_ends();
    Result<void> use_console(UniqueFd master); // instead of pipes
    Result<void> run();                        // from now on output comes

    void pause();
    void resume();
    // Reads what is there now, also while paused. True: both streams are over.
    bool drain();
    void close(); // whatever may still come
    void reset(); // closed, and as it was made: may be opened again

    [[nodiscard]] bool stdin_open() const { return stdin_open_; }
    [[nodiscard]] std::size_t stdin_queued() const { return stdin_bytes_; }
    void push_stdin(std::uint64_t source, std::string_view data);
    void close_stdin(); // after what is queued; a terminal has no end
    Result<void> resize(unsigned short rows, unsigned short columns);

    void release_memory() { buffer_.reset(); }

private:
    // One descriptor in the loop. A console is both input and output.
    struct Channel final : EventLoop::Handler {
        void on_events(std::uint32_t events) override { relay->on_channel(*this, events); }
        StdioRelay* relay = nullptr;
        Stream stream = Stream::out;
        UniqueFd fd;
        std::uint32_t watched = 0;
        bool in_loop = false;
        bool grown = false; // its pipe
    };
    struct Segment {
        std::uint64_t source;
        std::string data;
        std::size_t taken = 0;
    };
    enum class Reading { more, nothing_now, over };

    void on_channel(Channel& channel, std::uint32_t events);
    Reading read_once(Channel& channel);
    void grow(Channel& channel) const;
    void over(Channel& channel);
    void shut(Channel& channel);
    void watch(Channel& channel);
    Channel& input() { return console_ ? out_ : in_; }
    void write_stdin();
    void discard_stdin();

    EventLoop& loop_;
    Sink& sink_;
    Channel in_;
    Channel out_;
    Channel error_;
    std::array<UniqueFd, 3> container_ends_;
    Timer reopened_; // looks again at a console that all its users have closed
    std::deque<Segment> stdin_;
    std::size_t stdin_bytes_ = 0;
    std::unique_ptr<char[]> buffer_;
    bool console_ = false;
    bool running_ = false;
    bool paused_ = false;
    bool stdin_open_ = false;
    bool stdin_ending_ = false;
    bool over_told_ = false;
};

} // namespace rt::shim
