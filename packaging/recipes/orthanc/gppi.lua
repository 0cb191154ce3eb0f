-- Gives every finished CT series that Orthanc has to `gppi serve`, by C-STORE.
--
-- Nothing that comes from a DICOM file is put into a command or a path: a tag is only compared, and what is passed
-- on is Orthanc's own identifier. What gppi sends back (SR, KO, SC) is no CT, so nothing goes round in circles.

local MODALITY = 'gppi' -- its name in DicomModalities
local failed = {}       -- jobs to be tried again

local function send(series)
   RestApiPost('/modalities/' .. MODALITY .. '/store',
               DumpJson({ Resources = { series }, Asynchronous = true, Permissive = false }, true))
end

local function again()
   for job in pairs(failed) do
      failed[job] = nil
      RestApiPost('/jobs/' .. job .. '/resubmit', '')
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
   failed[job] = true
end

function OnHeartBeat()
   again()
end

function Initialize()
   for _, job in pairs(ParseJson(RestApiGet('/jobs?expand')) or {}) do
      if job['State'] == 'Failure' and job['Type'] == 'DicomModalityStore' then
         failed[job['ID']] = true
      end
   end
   again()
end
