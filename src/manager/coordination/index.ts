/** What users see as `distributedCoordination`. */

export {
  AbstractDistributedCoordinator,
  type IDistributedTaskRequest,
  type IDistributedTaskRequestResult,
} from './coordinator.js';
export { StoreCoordinator, type StoreCoordinatorOptions } from './store-coordinator.js';
