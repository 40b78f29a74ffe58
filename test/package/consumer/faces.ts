// Every subpath at once, for its types and for bundlers.
import * as taskspan from 'taskspan';
import * as redis from 'taskspan/redis';
import * as sqlite from 'taskspan/sqlite';
import * as testing from 'taskspan/testing';

for (const face of [taskspan, redis, sqlite, testing]) {
  if (Object.keys(face).length === 0) throw new Error('a subpath exports nothing');
}
console.log('every subpath exports something');
