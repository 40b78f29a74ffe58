/** Which page tells of what, and in which order. */

/**
 * @typedef {object} Page
 * @property {string} file
 * @property {string} title
 * @property {string} about
 * @property {readonly string[]} first names in the order in which a reader wants them; the rest follows by the alphabet
 * @property {readonly string[]} from declarations whose names belong here, by the beginning of their path
 */

/** @type {readonly Page[]} A name belongs to the page that lists it; else to the last whose `from` fits; else to the first. */
export const pages = [
  {
    file: 'manager.md',
    title: 'The manager',
    about: 'What a process holds: its tasks, its constraint groups, and the engine over one store.',
    first: ['TaskManager', 'TaskManagerOptions', 'Main', 'Logger', 'WorkerRecord', 'Diagnosis', 'Finding', 'Host'],
    from: ['manager/'],
  },
  {
    file: 'tasks.md',
    title: 'Tasks',
    about:
      'A task is a named function, and how it should run. [Jobs and retries](../guides/jobs-and-retries.md) is the guide.',
    first: [
      'task',
      'Task',
      'TaskSettings',
      'TaskOptions',
      'TaskContext',
      'JobInfo',
      'RetryOptions',
      'Backoff',
      'Duration',
    ],
    from: ['task/', 'core/retry', 'core/duration'],
  },
  {
    file: 'triggers.md',
    title: 'Triggers',
    about:
      'A trigger runs a task here and now, without a store. These are what is made of tasks for that, and what is seen of their runs.',
    first: [
      'Taskchain',
      'TaskchainOptions',
      'Taskparallel',
      'TaskparallelOptions',
      'TaskOnce',
      'TaskDebounced',
      'TaskDebouncedOptions',
    ],
    from: [
      'task/chain',
      'task/parallel',
      'task/once',
      'task/debounced',
      'task/metadata',
      'task/task-step',
      'manager/task-map',
      'manager/triggers/',
    ],
  },
  {
    file: 'jobs.md',
    title: 'Jobs',
    about:
      'A job is one durable request to run a task. [Jobs and retries](../guides/jobs-and-retries.md) and [idempotency](../guides/idempotency.md) are the guides.',
    first: [
      'EnqueueOptions',
      'JobHandle',
      'ResultOptions',
      'JobSnapshot',
      'JobQuery',
      'Counts',
      'Explanation',
      'Cause',
    ],
    from: ['core/job', 'manager/handle', 'manager/snapshot', 'manager/explain', 'manager/cause'],
  },
  {
    file: 'schedules.md',
    title: 'Schedules',
    about: 'A schedule makes jobs by a rule, and outlives its code. [Schedules](../guides/schedules.md) is the guide.',
    first: [
      'ScheduleOptions',
      'RecurrenceOptions',
      'ScheduleInfo',
      'ScheduleQuery',
      'recurrence',
      'preview',
      'Recurrence',
    ],
    from: ['core/recurrence/', 'manager/schedul'],
  },
  {
    file: 'constraints.md',
    title: 'Constraint groups',
    about: 'Which runs may happen together. [Constraints](../guides/constraints.md) is the guide.',
    first: ['TaskConstraintGroup', 'ITaskConstraintGroupOptions'],
    from: ['manager/constraint', 'core/constraint'],
  },
  {
    file: 'events.md',
    title: 'Events',
    about: 'What a manager tells of the jobs and triggers that run in its process, and of the jobs of a whole cluster.',
    first: ['EngineEvents', 'EventJob', 'ITaskEvent', 'TTaskEventType', 'ClusterEvent'],
    from: ['engine/events', 'manager/event', 'manager/cluster-events', 'manager/task-events', 'task/event'],
  },
  {
    file: 'errors.md',
    title: 'Errors',
    about:
      'Each has a stable `code`; its message says what happened, to what, and what to do. Some are for tasks to throw: [errors that decide](../guides/jobs-and-retries.md#errors-that-decide).',
    first: ['TaskspanError', 'ErrorCode'],
    from: ['core/errors'],
  },
  {
    file: 'redis.md',
    title: 'A cluster on Redis',
    about:
      'What `taskspan/redis` has beside its store: the documented task manager of a cluster. [From one process to a cluster](../guides/redis.md) is the guide.',
    first: [
      'DefaultTaskManager',
      'DefaultTaskManagerOptions',
      'CreatedTask',
      'CommittedEvents',
      'ManagerEvents',
      'TaskNotice',
      'TaskWorker',
      'WorkerFunction',
      'ReceivedTask',
    ],
    from: ['redis/'],
  },
  {
    file: 'stores.md',
    title: 'Stores',
    about: 'Where jobs are kept. A manager takes a URL, or a store from one of these factories.',
    first: ['memory', 'MemoryOptions', 'sqlite', 'SqliteOptions', 'SqliteStore', 'redis', 'RedisOptions', 'Store'],
    from: ['stores/', 'store/'],
  },
  {
    file: 'testing.md',
    title: 'Testing',
    about:
      'What users test their tasks with. [Testing](../guides/testing.md) and [finding what crashes break](../guides/simulation.md) are the guides.',
    first: [
      'testing',
      'TestingOptions',
      'Testing',
      'TestClock',
      'DrainOptions',
      'ExpectEnqueued',
      'ExpectOptions',
      'simulate',
      'SimulateOptions',
      'Scenario',
      'Sim',
      'Producer',
      'Ended',
      'SimulationReport',
      'SimulationError',
      'FaultPreset',
      'VirtualTime',
      'VirtualTimeOptions',
    ],
    from: ['testing/'],
  },
];
