// Runs the sweep's state machine, as the template renders it, once per path. The
// definition is in the file that SWEEP_DEFINITION names; the tasks are played by
// the functions below.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { run, tasksOf } from './machine.mjs';

const text = readFileSync(process.env.SWEEP_DEFINITION, 'utf8');
const definition = JSON.parse(text);
const tasks = tasksOf(definition);

const failure = (name, message = 'as played') => Object.assign(new Error(message), { name });

// A stage plays the tasks. Each role gets its input and the number of the call,
// from 1; what it answers or throws is the task's.
function play(roles) {
  const calls = [];
  const play = (task, role) => (input) => {
    calls.push({ task, input });
    return role(input, calls.filter((c) => c.task === task).length);
  };
  return {
    calls,
    of: (task) => calls.filter((c) => c.task === task).map((c) => c.input),
    handlers: Object.fromEntries(tasks.map((task) => [task, play(task, roles[task] ?? quiet[task])])),
  };
}

// quiet is how each task goes when nothing is the matter: three pages, then
// three looks.
const quiet = {
  'Look for another sweep': () => ({ Executions: [{ Name: 'this one' }] }),
  'Send a page': ({ run_id }, n) => ({ run_id, cursor: `page ${n + 1}`, done: n === 3, sent: 40, total: 113 }),
  'Look at progress': ({ run_id }, n) => look(run_id, 113 - 40 * (n - 1), n),
  'Record the failure': () => ({ ETag: '"1"' }),
};

const look = (run_id, remaining, n) => ({
  run_id, completed: 113 - Math.max(remaining, 0), failed: 0, skipped: 0, remaining: Math.max(remaining, 0), total: 113,
  done: remaining <= 0, wait_seconds: 10 * n,
});

const sweep = (input, stage) => run(text, input, stage.handlers);

test('a sweep is a dry run over the roster, page by page, until all are done', async () => {
  const stage = play({});
  const { output } = await sweep({}, stage);
  assert.equal(output.done, true);
  assert.equal(output.completed, 113);
  assert.deepEqual(stage.of('Send a page')[0], { run_id: 'one', mode: 'dry-run', cursor: '', actors: 'all', force: false });
  assert.deepEqual(stage.of('Send a page').map((c) => c.cursor), ['', 'page 2', 'page 3']);
  assert.deepEqual(stage.of('Look at progress').map((c) => c.waits), [0, 1, 2, 3]);
  assert.deepEqual(stage.of('Look at progress')[0], { run_id: 'one', mode: 'dry-run', waits: 0 });
  assert.deepEqual(stage.of('Record the failure'), []);
});

test('what the input says is passed on', async () => {
  const stage = play({});
  await sweep({ mode: 'execute', actors: ['0001_ann', '0002_bo'] }, stage);
  assert.ok(stage.of('Send a page').every((c) => c.mode === 'execute' && c.actors.length === 2 && c.force === false));
  assert.ok(stage.of('Look at progress').every((c) => c.mode === 'execute'));
});

test('the summary of the last look is the output', async () => {
  const done = (_, n) => ({ ...look('one', 0, n), summary: { usage: { usd: 0.12 } } });
  const { output } = await sweep({}, play({ 'Look at progress': done }));
  assert.deepEqual(output.summary, { usage: { usd: 0.12 } });
});

test('a second sweep is refused', async () => {
  const stage = play({ 'Look for another sweep': () => ({ Executions: [{ Name: 'this one' }, { Name: 'another' }] }) });
  const { error } = await sweep({}, stage);
  assert.equal(error, 'AnotherSweep');
  assert.deepEqual(stage.of('Look for another sweep')[0], { StateMachineArn: 'arn:sweep', StatusFilter: 'RUNNING', MaxResults: 2 });
  assert.deepEqual(stage.of('Send a page'), []);
});

test('a second sweep is not refused when it is forced', async () => {
  const stage = play({ 'Look for another sweep': () => ({ Executions: [{}, {}] }) });
  const { output } = await sweep({ force: true }, stage);
  assert.equal(output.done, true);
  assert.equal(stage.of('Send a page')[0].force, true);
});

test('a mode that does not exist is refused', async () => {
  const stage = play({});
  const { error } = await sweep({ mode: 'exeggcute' }, stage);
  assert.equal(error, 'WrongInput');
  assert.deepEqual(stage.calls, []);
});

for (const task of ['Look for another sweep', 'Send a page', 'Look at progress']) {
  test(`${task}: what fails for a while is tried again`, async () => {
    const stage = play({ [task]: (input, n) => { if (n < 4) throw failure('SlowDown'); return quiet[task](input, n - 3); } });
    const { output } = await sweep({}, stage);
    assert.equal(output.done, true);
    assert.deepEqual(stage.of('Record the failure'), []);
  });

  test(`${task}: what fails for good is recorded`, async () => {
    const stage = play({ [task]: () => { throw failure('SlowDown', 'please reduce your rate'); } });
    const { error, cause } = await sweep({ mode: 'execute' }, stage);
    assert.equal(error, 'SlowDown');
    assert.match(cause, /please reduce your rate/);
    const attempts = 1 + definition.States[task].Retry.at(-1).MaxAttempts;
    assert.equal(stage.of(task).length, attempts);
    const [record] = stage.of('Record the failure');
    assert.match(record.Key, /screentest\/runs\/execute\/one\/stopped\.json$/);
    assert.equal(record.Bucket, process.env.SWEEP_BUCKET);
    assert.deepEqual(record.Body, {
      schema_version: 1, run_id: 'one', mode: 'execute', error: 'SlowDown', cause: 'please reduce your rate',
      at: '2026-11-22T12:00:00Z', execution: 'arn:sweep:one',
    });
  });
}

for (const task of ['Send a page', 'Look at progress']) {
  test(`${task}: what can never succeed is not tried again`, async () => {
    const stage = play({ [task]: () => { throw failure('Invalid', 'not in the roster'); } });
    const { error } = await sweep({}, stage);
    assert.equal(error, 'Invalid');
    assert.equal(stage.of(task).length, 1);
    assert.equal(stage.of('Record the failure').length, 1);
  });
}

test('a failure that cannot be recorded is still the failure', async () => {
  const stage = play({
    'Send a page': () => { throw failure('Invalid'); },
    'Record the failure': () => { throw failure('AccessDenied'); },
  });
  assert.equal((await sweep({}, stage)).error, 'Invalid');
  assert.equal(stage.of('Record the failure').length, 5);
});

// A clock plays the looks of a sweep that has begun with 7 actors, by the time that
// has passed: its waits are those of the function.
function clock(remaining) {
  const c = { passed: 0, looks: 0 };
  c.look = ({ waits }) => {
    const answer = { ...look('one', remaining(c.passed), 1), wait_seconds: Math.floor(Math.min(10 * 1.125 ** waits, 900)) };
    c.looks++;
    c.last = c.passed;
    c.passed += answer.wait_seconds;
    return answer;
  };
  return c;
}

const hours = 3600;
const tries = Number(process.env.SWEEP_TRIES); // seconds in which a message has had all its tries

test('a sweep in which nothing moves ends, when its messages have had all their tries', async () => {
  assert.ok(tries >= 5 * hours, `${tries} seconds`);
  for (const moves of [0, 1, 30 * hours]) { // it may have moved until then
    const c = clock((passed) => (passed < moves ? 1000 - Math.floor(passed / 60) % 900 : 7));
    const stage = play({ 'Look at progress': c.look });
    const { error, cause } = await sweep({}, stage);
    assert.equal(error, 'Stalled');
    assert.match(cause, /7 remain/);
    assert.ok(c.last - moves > tries && c.last - moves < tries + 2 * hours, `given up ${c.last - moves} seconds after it has moved`);
    assert.equal(stage.of('Record the failure')[0].Body.error, 'Stalled');
  }
});

test('a sweep that moves now and then goes on', async () => {
  const c = clock((passed) => 7 - Math.floor(passed / (tries - 0.25 * hours)));
  assert.equal((await sweep({}, play({ 'Look at progress': c.look }))).output.done, true);
  assert.ok(c.last > 6 * (tries - hours));
});

// The largest sweep there may be: a million actors, a thousand to a page.
test('history and state stay within their limits', async () => {
  const stage = play({
    'Send a page': (_, n) => ({ run_id: 'one', cursor: 'x'.repeat(1000), done: n === 1000, sent: 1000, total: 1000 * n }),
    'Look at progress': (_, n) => look('one', 1_000_000 - n, n),
  });
  const { error, events } = await sweep({}, stage);
  assert.equal(error, 'TooLong');
  assert.equal(stage.of('Look at progress').length, 1501);
  const entered = events.filter((e) => e.type === 'StateEntered');
  const history = entered.reduce((sum, e) => sum + (e.state.type === 'Task' ? 5 : 2), 2);
  assert.ok(entered.length > 5000, `only ${entered.length} states were seen`);
  assert.ok(history < 25_000, `${history} history events`);
  const state = Math.max(...entered.map((e) => JSON.stringify(e.state.input).length));
  assert.ok(state < 4096, `${state} bytes of state`);
});

test('every task is tried again with jitter, and recorded when it fails', () => {
  for (const task of tasks) {
    const { Retry, Catch } = definition.States[task];
    assert.equal(Retry.at(-1).JitterStrategy, 'FULL', task);
    assert.deepEqual(Retry.at(-1).ErrorEquals, ['States.ALL'], task);
    assert.equal(Catch[0].Next, task === 'Record the failure' ? 'Failed' : 'Record the failure', task);
  }
});
