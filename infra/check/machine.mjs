// Runs a state machine here: waits and pauses take no time, and each task is
// played by a function of its input.
import { StateMachine } from 'aws-local-stepfunctions';

export const tasksOf = (definition) => Object.keys(definition.States).filter((name) => definition.States[name].Type === 'Task');

// run takes the text of the definition, the input, and for each task a function.
// It answers {output} or {error, cause}, and the events on the way.
export async function run(text, input, handlers) {
  const definition = JSON.parse(text); // anew for each run, because merging objects changes it
  const machine = new StateMachine(definition, { validationOptions: { checkArn: false } });
  const execution = machine.run(input, {
    overrides: {
      taskResourceLocalHandlers: handlers,
      waitTimeOverrides: { Wait: 0 },
      retryIntervalOverrides: Object.fromEntries(tasksOf(definition).map((task) => [task, 0])),
    },
    context: {
      Execution: { Id: 'arn:sweep:one', Name: 'one', Input: input },
      StateMachine: { Id: 'arn:sweep' },
      State: { EnteredTime: '2026-11-22T12:00:00Z' },
    },
  });
  const events = [];
  const collected = (async () => { for await (const e of execution.eventLogs) events.push(e); })();
  try {
    return { output: await execution.result, events };
  } catch ({ cause }) {
    return { error: cause.name, cause: cause.message, events };
  } finally {
    await collected;
  }
}
