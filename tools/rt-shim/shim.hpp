// SPDX-License-Identifier: Apache-2.0
// rt-shim itself: the clients, what they ask for, and who cleans up. docs/shim.md tells its life. The
// launcher's connection comes first and holds the lease; others come over the socket. One thread.
#pragma once

#include "children.hpp"
#include "connection.hpp"
#include "container.hpp"
#include "execs.hpp"
#include "health_check.hpp"
#include "listener.hpp"
#include "name_server.hpp"
#include "reaper.hpp"

#include <memory>
#include <string>
#include <vector>

namespace rt::shim {

class Shim final : Connection::Owner, Container::Owner, Execs::Owner, HealthCheck::Owner, Children::Owner {
public:
    Shim();

    // Serves until the container is cleaned up. launcher: a connected socket. lock: the container's, held
    // until there are a socket and a pid file by which we are seen; may be empty.
    Result<void> run(UniqueFd launcher, UniqueFd lock);

    void keep_warning(int level, const std::string& text); // of the driver

private:
    void take_lock_away();
    // Clients
    void on_frame(Connection& connection, const Frame& frame) override;
    void on_drained(Connection& connection) override;
    void on_closed(Connection& connection) override;
    void on_client(UniqueFd fd); // of the listening socket
    Result<void> adopt(UniqueFd fd);
    void sweep();

    // Requests
    void launch(Connection& connection, const Frame& frame);
    void make_network_namespace(Connection& connection, const Frame& frame, const Operation& operation);
    Result<void> prepare(const LaunchMessage& message);
    void create(Connection& connection, const Frame& frame);
    void attach(Connection& connection, const Frame& frame);
    // The client's socket is what cancels: it becomes readable when the client says so or dies.
    static Operation operation_of(const OperationMessage& message, const Connection& connection) {
        return {message.id, message.deadline_ns, connection.fd()};
    }
    void exec(Connection& connection, const Frame& frame);
    Result<void> exec_request(Connection& connection, const Frame& frame);
    void driver_request(Connection& connection, const Frame& frame);
    Result<void> stand_still(const Operation& operation, const Connection& connection);
    Result<void> go_on(const Operation& operation, std::uint64_t connection);
    void go_on_alone();
    Result<std::string> update(const Operation& operation, const std::string& resources_json);
    void tell_state(Connection& connection, const Frame& frame);
    void serve_names(Connection& connection, const Frame& frame);
    Result<void> rest(Connection& connection, std::string_view payload);
    void take_stdin(Connection& connection, std::string_view data);
    void answer(Connection& connection, const Frame& frame, const Result<void>& result);
    Result<void> simple_request(Connection& connection, const Frame& frame);
    Result<void> take_lease(Connection& connection);
    Result<void> give_up_lease(Connection& connection);
    void reaped(Connection& connection, const Frame& frame);

    // Container
    void on_container_output(Stream stream, std::string_view data) override;
    void on_container_stdin(std::uint64_t source, std::size_t bytes) override;
    void on_first_process() override { children_.reap(); }
    void on_container_ended() override;
    void on_child(pid_t pid, int status) override;

    // Execs
    void on_exec_output(std::uint64_t client, Stream stream, std::string_view data) override;
    void on_exec_stdin(std::uint64_t client, StdinTaken taken) override;
    void on_exec_ended(std::uint64_t client, const ExitRecord& exit) override;
    void on_exec_ended_alone(const std::string& id, const ExitRecord& exit) override;
    // An event of the container; details: what is added to its attributes, the inside of a JSON object.
    void tell(std::string_view action, std::string_view details);
    [[nodiscard]] Result<bool> spool(std::string_view action, std::string_view details) const;
    void on_exec_process() override { children_.reap(); }
    void on_health_status(std::string_view status) override;
    bool container_is_ending() override { return container_.is_ending(); }
    void balance_exec(Connection& connection);
    Connection* find(std::uint64_t id);
    void tell_exit(Connection& connection);
    void balance();
    void see_to_reaping();
    void finish();

    EventLoop loop_;
    Listener listener_;
    OwnLog log_;
    Children children_;
    Container container_;
    Reaper reaper_;
    Timer resting_until_; // then somebody has to start it again
    Timer going_on_;      // the next try after one that failed
    Timer last_words_;    // ends the wait for clients that do not read
    std::string id_;
    Path directory_;
    UniqueFd lock_;
    std::vector<std::unique_ptr<Connection>> connections_;
    Execs execs_;
    HealthCheck health_;
    NameServer names_;
    std::uint64_t last_connection_ = 0;
    std::uint64_t lease_ = 0;   // the connection that holds it; 0: none
    std::uint64_t stopper_ = 0; // the connection for which the container stands still; 0: none
    std::vector<std::string> warnings_;
    bool launched_ = false;
    bool superfluous_ =
        false; // it was launched wrongly: another shim has this container, or no reaper is known
    bool collecting_ = false; // warnings of the driver go to the client that asks
    bool resting_ = false;    // cleaned up, to be created again
    bool finishing_ = false;
};

} // namespace rt::shim
