import { type AnyTask, distributedCoordination, type JobSnapshot, type TaskManager } from '../../src/index.js';
import { all, type Life, type World } from '../engine/world.js';

type Request = distributedCoordination.IDistributedTaskRequest;
type Result = distributedCoordination.IDistributedTaskRequestResult;

/** A coordinator that notes what it hears, and does what the test says. */
export class NotingCoordinator extends distributedCoordination.AbstractDistributedCoordinator {
  /** `start`, `stop`, and each request's status. */
  readonly heard: string[] = [];
  readonly requests: Request[] = [];
  answer: (request: Request) => unknown = () => true;
  onUpdate: (request: Request) => unknown = () => {};
  onStart: () => unknown = () => {};
  onStop: () => unknown = () => {};

  async fireDistributedTaskRequest(request: Request): Promise<Result> {
    this.#note(request);
    const shouldTrigger = (await this.answer(request)) as boolean;
    return { shouldTrigger, considered: true, rank: 1, reason: 'the test says so', ...request };
  }

  async updateDistributedTaskRequest(request: Request): Promise<void> {
    this.#note(request);
    await this.onUpdate(request);
  }

  async start(): Promise<void> {
    this.heard.push('start');
    await this.onStart();
  }

  async stop(): Promise<void> {
    this.heard.push('stop');
    await this.onStop();
  }

  #note(request: Request): void {
    this.heard.push(request.status);
    this.requests.push(request);
  }
}

/** One manager with a coordinator, and a slot at 10 s. */
export async function scheduled(
  world: World,
  tick: AnyTask,
  coordinator: NotingCoordinator,
  options: { readonly attempts?: number; readonly jitterMs?: number } = {},
): Promise<Life> {
  const life = world.life({ tasks: [tick], distributedCoordinator: coordinator });
  await life.manager.start();
  await life.manager.schedule(tick, undefined, { id: 's', every: '10s', repeat: 1, ...options });
  return life;
}

export async function onlyJob(manager: TaskManager): Promise<JobSnapshot | undefined> {
  const [job] = await all(manager.list({ schedule: 's' }));
  return job;
}
