-- Gives every finished CT series that Orthanc has to `gppi serve`, by C-STORE.
--
-- Nothing that comes from a DICOM file is put into a command or a path: a tag is only compared, and what is passed
-- on is Orthanc's own identifier. What gppi sends back (SR, KO, SC) is no CT, so nothing goes round in circles.

local MODALITY = 'gppi' -- its name in DicomModalities
local TRIES = 1000      -- of one job, in all
local tried = {}        -- jobs that send to it: how often they were tried again
local failed = {}       -- those of them to be tried again

local function send(series)
   local answer = RestApiPost('/modalities/' .. MODALITY .. '/store',
                              DumpJson({ Resources = { series }, Asynchronous = true, Permissive = false }, true))
   local job = answer and ParseJson(answer)['ID']
   if job then
      tried[job] = 0
   end
end

local function again()
   for job in pairs(failed) do
      failed[job] = nil
      tried[job] = tried[job] + 1
      if tried[job] < TRIES then
         RestApiPost('/jobs/' .. job .. '/resubmit', '')
      end
   end
end

function OnStableSeries(series, tags, metadata)
   if tags['Modality'] == 'CT' then
      again()
      send(series)
   end
end

-- gppi was away or full: once more with the next series, and every LuaHeartBeatPeriod seconds (Orthanc 1.11 or
-- newer), and when Orthanc starts. gppi recognises what it has already.
function OnJobFailure(job)
   if tried[job] then
      failed[job] = true
   end
end

function OnJobSuccess(job)
   tried[job] = nil
end

function OnHeartBeat()
   again()
end

-- Jobs that were there when Orthanc started: those that send to this receiver, and no other's.
function Initialize()
   local to = ParseJson(RestApiGet('/modalities/' .. MODALITY .. '/configuration') or '{}')['AET']
   for _, job in pairs(ParseJson(RestApiGet('/jobs?expand')) or {}) do
      if to and job['Type'] == 'DicomModalityStore' and job['Content']['RemoteAet'] == to then
         tried[job['ID']] = 0
         failed[job['ID']] = job['State'] == 'Failure' or nil
      end
   end
   again()
end
