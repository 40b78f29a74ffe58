import { distributedCoordination } from '../../src/index.js';

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
