/**
 * Progress of held jobs, fenced.
 *
 * in    ARGV: id, token and progress of each
 * out   1 or 0 (lost) for each
 */

import { lua } from './lua.js';

export const update: string = lua`
local answers = {}
for i = 2, #ARGV, 3 do
  local job = job_of(ARGV[i])
  if job and job.place == 'R' and job.token == ARGV[i + 1] then
    job.rev = job.rev + 1
    whole.set_side(job, PROGRESS, 'progress', ARGV[i + 2])
    touch(job)
    answers[#answers + 1] = 1
  else
    answers[#answers + 1] = 0
  end
end
write_all()
return answers
`;
