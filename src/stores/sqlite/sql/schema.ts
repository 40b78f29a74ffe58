/**
 * The tables, as numbered migrations. One that was released is never changed: add the next.
 *
 * `user_version` is the number of migrations that a file has seen; `application_id` says that it is ours.
 */

/** "tspn" */
export const APPLICATION_ID = 0x7473706e;

/** Places in `jobs.place`: a job's state, and for a pending one also where it waits. See `rows.ts`. */
const FIRST: string = `
CREATE TABLE jobs (
  seq INTEGER PRIMARY KEY,          -- order of arrival
  -- What every claim and settle changes comes first, and what is long comes last, so that neither
  -- reads more of a row than it must.
  place INTEGER NOT NULL,
  rev INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  token TEXT,
  claimed_at INTEGER,
  ended_at INTEGER,
  prune_at INTEGER,
  reason TEXT NOT NULL,
  priority INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  flags INTEGER NOT NULL,           -- 0: nothing about it is special; see rows.ts
  max_attempts INTEGER,
  id TEXT NOT NULL,
  queue TEXT NOT NULL,
  task TEXT NOT NULL,
  parked_on TEXT,
  keep_count INTEGER,
  unique_key TEXT,
  schedule_id TEXT,
  extra TEXT,                       -- JSON of the fields that most jobs leave at their defaults; NULL = all are
  errors TEXT,                      -- JSON
  progress TEXT,
  result TEXT,
  input TEXT
);
CREATE UNIQUE INDEX jobs_id ON jobs (id);
-- Each partial index holds the jobs of one place only, in the order in which they are taken from it.
CREATE INDEX jobs_delayed ON jobs (queue, due_at) WHERE place = 0;
CREATE INDEX jobs_ready ON jobs (queue, priority DESC, due_at) WHERE place = 1;
CREATE INDEX jobs_parked ON jobs (parked_on, queue, priority DESC, due_at) WHERE place = 2;
CREATE INDEX jobs_orphaned ON jobs (parked_on, queue, priority DESC, due_at) WHERE place = 3;
CREATE INDEX jobs_suspect ON jobs (queue, priority DESC, due_at) WHERE place = 4;
CREATE INDEX jobs_parked_suspect ON jobs (parked_on, queue, priority DESC, due_at) WHERE place = 5;
CREATE INDEX jobs_prune ON jobs (prune_at) WHERE prune_at IS NOT NULL;
CREATE INDEX jobs_counted ON jobs (task, ended_at) WHERE keep_count IS NOT NULL;
CREATE UNIQUE INDEX jobs_unique ON jobs (unique_key, queue) WHERE unique_key IS NOT NULL;
CREATE INDEX jobs_scheduled ON jobs (schedule_id) WHERE schedule_id IS NOT NULL AND place < 7;

-- A batch of jobs under one lease. There is no index of running jobs: the claims lead to them.
CREATE TABLE claims (
  token TEXT PRIMARY KEY,
  worker TEXT NOT NULL,
  taken_at INTEGER NOT NULL,
  lease_ms INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,      -- taken_at + lease_ms
  remaining INTEGER NOT NULL,       -- jobs that it still holds
  cancels TEXT,                     -- JSON list of ids whose cancel was requested
  seqs TEXT NOT NULL                -- JSON list of all that it took; it holds those whose token still says so
) WITHOUT ROWID;
CREATE INDEX claims_expiry ON claims (expires_at);
CREATE INDEX claims_taken ON claims (taken_at);

-- How many jobs are in each place of each queue, exact.
CREATE TABLE counts (queue TEXT, place INTEGER, n INTEGER NOT NULL, PRIMARY KEY (queue, place)) WITHOUT ROWID;
-- How many jobs are parked for a worker, by the name that it must know.
CREATE TABLE orphans (queue TEXT, name TEXT, n INTEGER NOT NULL, PRIMARY KEY (queue, name)) WITHOUT ROWID;
-- How many ended jobs a task has under a bound of their number.
CREATE TABLE counted (task TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;

-- Constraint keys that matter: something runs under them, or their past still limits them.
CREATE TABLE keys (key TEXT PRIMARY KEY, running INTEGER NOT NULL, ended_at INTEGER, starts TEXT) WITHOUT ROWID;
-- One line per key and queue with jobs parked on it; suspects have lines of their own.
CREATE TABLE waits (
  key TEXT,
  queue TEXT,
  place INTEGER,                    -- of the jobs in the line: 2 or 5
  waiting INTEGER NOT NULL,
  head_priority INTEGER NOT NULL,
  head_due INTEGER NOT NULL,
  head_seq INTEGER NOT NULL,
  opens_at INTEGER,                 -- 0: open, its head may be claimed; later: cooling until then; NULL: until a run ends
  PRIMARY KEY (key, queue, place)
) WITHOUT ROWID;
CREATE INDEX waits_open ON waits (queue, place, head_priority DESC, head_due, head_seq) WHERE opens_at = 0;
CREATE INDEX waits_cooling ON waits (queue, opens_at) WHERE opens_at > 0;

CREATE TABLE queues (name TEXT PRIMARY KEY, definition_version INTEGER NOT NULL, paused INTEGER NOT NULL, concurrency INTEGER) WITHOUT ROWID;
CREATE TABLE groups (name TEXT PRIMARY KEY, definition_version INTEGER NOT NULL, limits TEXT NOT NULL) WITHOUT ROWID;
-- Groups whose limits changed, and how far their lines were looked at since.
CREATE TABLE rechecks (name TEXT PRIMARY KEY, after_key TEXT NOT NULL) WITHOUT ROWID;
-- One row: raised by every change of queues and groups, so that others know their copies to be old.
CREATE TABLE settings_version (id INTEGER PRIMARY KEY CHECK (id = 1), n INTEGER NOT NULL);
INSERT INTO settings_version VALUES (1, 1);
-- One row: raised by what other processes may want to act on, which heartbeats and the leader's lease are not.
CREATE TABLE news (id INTEGER PRIMARY KEY CHECK (id = 1), n INTEGER NOT NULL);
INSERT INTO news VALUES (1, 1);

CREATE TABLE schedules (
  id TEXT PRIMARY KEY,
  definition_version INTEGER NOT NULL,
  task TEXT NOT NULL,
  queue TEXT NOT NULL,
  input TEXT,
  rule TEXT NOT NULL,
  template TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  next_at INTEGER,
  created_at INTEGER NOT NULL,
  fired_count INTEGER NOT NULL,
  last_job_id TEXT,
  last_slot INTEGER
) WITHOUT ROWID;
CREATE INDEX schedules_next ON schedules (next_at IS NULL, next_at, id);

CREATE TABLE workers (id TEXT PRIMARY KEY, seen_at INTEGER NOT NULL, lease_ms INTEGER NOT NULL, presence TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE leader (id INTEGER PRIMARY KEY CHECK (id = 1), term INTEGER NOT NULL, worker TEXT, taken_at INTEGER NOT NULL, lease_ms INTEGER NOT NULL);
INSERT INTO leader VALUES (1, 0, NULL, 0, 0);
`;

export const migrations: readonly string[] = [FIRST];
