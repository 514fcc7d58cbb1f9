/* contract.h - what every log must do. Each function is one test against a fresh handle of a log;
 * the names of its topics and groups are unique, so that one broker serves them all.
 *
 * CONTRACT(X) names them all: a runner expands it to its Criterion tests.
 */
#ifndef TESTS_LOG_CONTRACT_H
#define TESTS_LOG_CONTRACT_H

#include "processor/log.h"

#define CONTRACT(X)                                                                                \
    X(creates_finds_lists_and_deletes_topics)                                                      \
    X(creating_a_topic_twice_is_no_error)                                                          \
    X(grows_a_topic)                                                                               \
    X(answers_with_the_settings_of_a_topic)                                                        \
    X(keeps_keys_values_headers_and_timestamps)                                                    \
    X(shows_a_transaction_when_it_is_committed_and_not_before)                                     \
    X(never_shows_what_was_aborted)                                                                \
    X(tells_the_end_behind_the_markers)                                                            \
    X(tells_the_end_each_time_it_is_reached)                                                       \
    X(a_reader_knows_how_far_a_partition_goes)                                                     \
    X(ends_are_the_high_watermark)                                                                 \
    X(commits_offsets_with_the_transaction)                                                        \
    X(holds_offsets_back_while_a_transaction_is_pending)                                           \
    X(fences_the_predecessor_of_a_transactional_id)                                                \
    X(settles_what_a_predecessor_left_open)                                                        \
    X(refuses_offsets_of_one_who_is_no_member)                                                     \
    X(reads_from_the_offset_of_the_newest_assignment)                                              \
    X(gives_nothing_of_a_partition_that_was_unassigned)                                            \
    X(holds_a_paused_partition_back_and_loses_nothing)                                             \
    X(messages_outlive_an_unassign)                                                                \
    X(deletes_records_before_an_offset)                                                            \
    X(tells_when_a_position_is_gone)                                                               \
    X(tells_when_a_topic_is_gone)                                                                  \
    X(refuses_a_record_that_is_too_large_and_lives_on)                                             \
    X(names_the_record_that_the_topic_refused)                                                     \
    X(writes_without_transactions)                                                                 \
    X(shares_partitions_between_two_members)                                                       \
    X(commits_as_a_member_without_transactions)                                                    \
    X(commits_offsets_for_a_group_without_members)                                                 \
    X(carries_many_records_in_order)

#define CONTRACT_DECLARE(name) void contract_##name(struct log *log);
CONTRACT(CONTRACT_DECLARE)

#endif
