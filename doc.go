/*
Package screentest keeps the training sets of synthetic actors fit to train on.
This file is the tour of its code, bottom up; the module's own package holds no
code but the tests of its rules (policy_test.go). README.md is for users,
DESIGN.md for the decisions.

# Where things lie

[screentest/pkg/store] is the port to the tree: keys, versions, conditional
writes. Its drivers are pkg/store/dir for a directory, pkg/store/s3 for a bucket
and pkg/store/mem for tests; pkg/store/storetest is the suite that they pass.
[screentest/pkg/lease] stands on it: a claim on an actor, so that two processes
never pay for the same work.

[screentest/pkg/actor] reads the roster and applies the one rule of detection;
every key of the tree is named there. [screentest/pkg/manifest] is the training
manifest, [screentest/pkg/migration] the way into it from the legacy metadata.

# Judging

[screentest/pkg/verdict] is the vocabulary: styles, issues, the verdict.
[screentest/pkg/inspect] measures an image without a model, once, from one
decoding. [screentest/pkg/judge] declares what a judge is; judge/offline works
from the measurements alone, judge/openai shows the pictures to a model.
[screentest/pkg/endpoint] is one HTTP server that bills for its answers, asked
with retries; [screentest/pkg/cost] counts tokens and dollars and keeps a run in
its budget.

# What follows from it

[screentest/pkg/balance] is the arithmetic: mix, balance, plan. Pure.
[screentest/pkg/decision] keeps what people decided, which outranks every judge;
[screentest/pkg/note] bounds what they write beside it.
[screentest/pkg/settings] is what the owner decides.
[screentest/pkg/evaluation] is the document of one actor and the pure function
that builds it from facts; [screentest/pkg/evaluator] collects the facts.
[screentest/pkg/run] passes over many actors and keeps their progress.
[screentest/pkg/score] compares evaluations with labels, and
[screentest/pkg/sample] renders a tree that has both.

# Acting

[screentest/pkg/ledger] is what was proposed, decided and done about one actor.
[screentest/pkg/generate] makes pictures: the port, the catalogue of prompts, and
the generators generate/openai and generate/offline.
[screentest/pkg/execution] performs approved plans, step by step: read
execution.go, then settle.go, generation.go, place.go and deletion.go. It alone
deletes and adds images; [screentest/pkg/trash] is where they go,
[screentest/pkg/restore] brings them back, [screentest/pkg/mirror] knows their
second copies, and [screentest/pkg/verify] proves that all of it agrees.

# Looking

[screentest/pkg/album] gathers what is known of every actor and opens only what
has changed; [screentest/pkg/thumbnail] makes the small pictures, once.
[screentest/pkg/page] turns both into HTML, [screentest/pkg/report] writes it to
files, and [screentest/pkg/web] serves it and takes decisions.

# On AWS

[screentest/pkg/queue] is the port to FIFO queues, with drivers queue/sqs and
queue/mem. [screentest/pkg/event] decodes what triggers a function, and the jobs
that messages hold. [screentest/pkg/worker] brings each message of a batch to its
end: read worker.go and settle.go, then evaluations.go and balances.go.
[screentest/pkg/sweep] goes over a roster of any size, counts what became of it
(page.go, look.go), and puts on record how it ended (end.go). [screentest/pkg/metric] writes the figures, [screentest/pkg/secret] reads the
key. functions/ holds the mains, events/ a sample of everything that can call
them. pkg/lambdatest and pkg/cloudtest stand in for AWS; functions/*_test.go prove
the whole pipeline with them.

cmd/screentest is the command line: flags, parts, one call, output. To follow one
evaluation from the start, read cmd/screentest/evaluate.go, then
pkg/evaluator/evaluator.go, work.go and look.go, then pkg/evaluation/build.go.
*/
package screentest
