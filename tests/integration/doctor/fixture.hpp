// SPDX-License-Identifier: Apache-2.0
// A host with a container that runs and must not notice anything, and helpers that make leftovers.
#pragma once

#include "rtctl/with_busybox.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace rt::test {

// Ids of nobody.
inline const std::string kGhost(64, 'd');
inline const std::string kOtherGhost(64, 'e');

class Doctor : public WithBusybox {
protected:
    void SetUp() override;
    void TearDown() override;

    struct Look {
        int exit_code = 0;
        std::vector<nlohmann::json> findings; // without those that this host has anyway
        std::string out, err;
    };
    Look look(const std::vector<std::string>& options = {});
    // Of these findings those of a check.
    static std::vector<nlohmann::json> of(const Look& look, const std::string& check);

    // It is found under that name and with this in its subject; --repair removes it; and then nothing is
    // found.
    void expect_found_and_repaired(const std::string& check, const std::string& subject);
    // It is found, and --repair leaves it alone; remedy is what the advice says.
    void expect_found_and_left(const std::string& check, const std::string& subject,
                               const std::function<void()>& remedy,
                               const std::vector<std::string>& options = {});

    // A statement on rt.db as it would never be made: without foreign keys.
    void sql(const std::string& statement);
    std::string sql_value(const std::string& query);

    // In the bystander's network, with the id kGhost.
    void leave_endpoint(const std::string& container_id);

    std::string id_of(const std::string& container);
    pid_t shim_of(const std::string& id) const;
    std::filesystem::path storage() const { return rtctl_.root() / "storage" / "overlayfs"; }
    // A statement of a shell line on the host; its output.
    static std::string host(const std::string& line);

    std::string bystander_; // id
    std::string network_;   // id of the network "back" that the bystander is in

private:
    static std::string key_of(const nlohmann::json& finding);
    std::set<std::string> usual_; // findings that this host has anyway
    int usual_exit_code_ = 0;
    pid_t bystanders_shim_ = 0;
};

} // namespace rt::test
