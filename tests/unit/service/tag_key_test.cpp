// SPDX-License-Identifier: Apache-2.0
// The kept tag key: made once, private, never replaced behind the operator's back.
#include "daemon/service/tag_key.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace mailprobed {
namespace {

class TagKeyTest : public testing::Test {
  protected:
    TagKeyTest() {
        std::string name = std::filesystem::temp_directory_path() / "mailprobed-key-XXXXXX";
        directory = ::mkdtemp(name.data());
    }
    ~TagKeyTest() override { std::filesystem::remove_all(directory); }

    std::string directory;
};

TEST_F(TagKeyTest, IsMadeOnceWithMode0600AndKept) {
    const Secret first = load_or_create_tag_key(directory);
    EXPECT_EQ(first.reveal().size(), 32U);
    EXPECT_TRUE(load_or_create_tag_key(directory) == first);
    struct stat info{};
    ASSERT_EQ(::stat((directory + "/tag.key").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory), {}), 1);
}

TEST_F(TagKeyTest, ADamagedOneIsAnErrorWithARemedyAndNotReplaced) {
    std::ofstream(directory + "/tag.key") << "short";
    try {
        const Secret key = load_or_create_tag_key(directory);
        FAIL() << "a damaged key was taken";
    } catch (const std::runtime_error& error) {
        EXPECT_NE(std::string(error.what()).find("remove the file"), std::string::npos);
    }
    EXPECT_EQ(std::filesystem::file_size(directory + "/tag.key"), 5U);
}

TEST_F(TagKeyTest, OneThatOthersMayReadIsRefusedWithTheRemedy) {
    static_cast<void>(load_or_create_tag_key(directory));
    const std::string path = directory + "/tag.key";
    for (const unsigned mode : {0640U, 0604U, 0660U, 0644U, 0602U, 0610U, 0777U}) {
        ASSERT_EQ(::chmod(path.c_str(), mode), 0);
        try {
            const Secret key = load_or_create_tag_key(directory);
            ADD_FAILURE() << "a key of mode " << mode << " was taken";
        } catch (const std::runtime_error& error) {
            EXPECT_NE(std::string(error.what()).find("chmod 600"), std::string::npos);
        }
    }
    for (const unsigned mode : {0600U, 0400U}) {
        ASSERT_EQ(::chmod(path.c_str(), mode), 0);
        EXPECT_EQ(load_or_create_tag_key(directory).reveal().size(), 32U);
    }
}

TEST_F(TagKeyTest, ADirectoryThatIsNotThereIsAnErrorThatNamesTheKeyToSet) {
    try {
        const Secret key = load_or_create_tag_key(directory + "/missing");
        FAIL() << "a key was kept nowhere";
    } catch (const std::runtime_error& error) {
        EXPECT_NE(std::string(error.what()).find("state_directory"), std::string::npos);
    }
}

TEST_F(TagKeyTest, ADraftThatAKilledProcessOfThisNumberLeftIsNoObstacle) {
    std::ofstream(directory + "/tag.key." + std::to_string(::getpid())) << "half";
    const Secret key = load_or_create_tag_key(directory);
    EXPECT_EQ(key.reveal().size(), 32U);
    EXPECT_TRUE(load_or_create_tag_key(directory) == key);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory), {}), 1);
}

TEST_F(TagKeyTest, OnceTakesTheDaemonsKeyOrAFreshOne) {
    EXPECT_FALSE(tag_key_for_once(directory) == tag_key_for_once(directory));
    const Secret kept = load_or_create_tag_key(directory);
    EXPECT_TRUE(tag_key_for_once(directory) == kept);
}

}  // namespace
}  // namespace mailprobed
