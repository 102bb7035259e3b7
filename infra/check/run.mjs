// Runs the state machine in the file DEFINITION with the input on standard input:
// node run.mjs DEFINITION SERVER. Each task is a POST of its input to
// SERVER/TASK; an answer other than 200 is {errorType, errorMessage}. Prints
// {output} or {error, cause}.
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { run, tasksOf } from './machine.mjs';

const [, , file, server] = process.argv;
const definition = readFileSync(file, 'utf8');

const post = (task) => async (input) => {
  const answer = await fetch(`${server}/${encodeURIComponent(task)}`, { method: 'POST', body: JSON.stringify(input) });
  const body = await answer.json();
  if (answer.status !== 200) throw Object.assign(new Error(body.errorMessage), { name: body.errorType });
  return body;
};

const tasks = tasksOf(JSON.parse(definition));
const { output, error, cause } = await run(definition, JSON.parse(await text(process.stdin)), Object.fromEntries(tasks.map((t) => [t, post(t)])));
console.log(JSON.stringify({ output, error, cause }));
